import { assertEquals } from "@std/assert";
import { filesLine, problemLines, resultLine, timesLines } from "../../lib/report/summary_text.ts";
import type { Summary } from "../../lib/metrics/summary.ts";

const ALL: Summary = {
  strategy: "async",
  ...{ asked: 100, done: 100, skipped: 0, failed: 0, notStarted: 0 },
  ...{ value: "4950", seconds: 1.0587, requests: 100, retries: 0, bytes: 190 },
  ...{ peakInFlight: 100, peakMemoryBytes: 1e8, interrupted: false, unread: false, duplicates: 0, failures: [] },
};

Deno.test("resultLine() has the shape of the original", () => {
  assertEquals(resultLine(ALL), "computed value 4950 for 100 trials in 1.06s");
});

Deno.test("resultLine() says of how many pages the value is, if not of all", () => {
  const some = { ...ALL, done: 98, failed: 2, value: "4800" };
  assertEquals(resultLine(some), "computed value 4800 for 98 of 100 trials in 1.06s");
});

Deno.test("resultLine() keeps every digit of a large value", () => {
  const value = "123456789012345678901234567890";
  assertEquals(resultLine({ ...ALL, value }), `computed value ${value} for 100 trials in 1.06s`);
});

Deno.test("problemLines() has nothing to say when all went well", () => assertEquals(problemLines(ALL), []));

Deno.test("problemLines() says for each kind of failure how often and gives an example", () => {
  const failures: Summary["failures"] = [
    { kind: "status", count: 2, example: { url: "http://a/3", message: "the server answered 404 Not Found" } },
    { kind: "reset", count: 1, example: { url: "http://a/5", message: "Connection reset by peer" } },
  ];
  assertEquals(problemLines({ ...ALL, done: 97, failed: 3, failures }), [
    "2 failed (status), for example http://a/3: the server answered 404 Not Found",
    "1 failed (reset), for example http://a/5: Connection reset by peer",
  ]);
});

Deno.test("problemLines() says when a run was interrupted, and what that left out", () => {
  const interrupted = { ...ALL, done: 40, notStarted: 60, interrupted: true };
  assertEquals(problemLines(interrupted), ["interrupted after 1.06 s: 60 not started"]);
});

Deno.test("problemLines() says when a run ended early for another reason", () => {
  assertEquals(problemLines({ ...ALL, done: 40, notStarted: 60 }), ["ended early after 1.06 s: 60 not started"]);
});

Deno.test("filesLine() and timesLines() speak of one file and one request as of one", () => {
  const one: Summary = { ...ALL, asked: 1, done: 1, requests: 1, seconds: 1 };
  assertEquals(filesLine(one, { saved: true }), "downloaded 1 file (190 bytes) in 1 s");
  assertEquals(filesLine(one, { saved: false }), "read 1 URL (190 bytes) in 1 s");
  const totalMs = { p50: 1, p90: 1, p99: 1, max: 1 };
  assertEquals(timesLines({ ...one, totalMs })[0], "1 request, 1 per second");
});

Deno.test("filesLine() says how many files there are and what wasn't downloaded again", () => {
  const line = (facts: Partial<Summary>) => filesLine({ ...ALL, bytes: 97_600_000, ...facts }, { saved: true });
  assertEquals(line({}), "downloaded 100 files (97.6 MB) in 1.06 s");
  assertEquals(line({ asked: 10_000, done: 9_998 }), "downloaded 9,998 of 10,000 files (97.6 MB) in 1.06 s");
  assertEquals(
    line({ asked: 106, skipped: 6, unchanged: 3, unwanted: 2 }),
    "downloaded 100 of 106 files (97.6 MB) in 1.06 s, 1 was there already, 3 haven't changed, 2 aren't wanted",
  );
  assertEquals(line({ asked: 101, skipped: 1, unchanged: 1 }).split(", ")[1], "1 hasn't changed");
  assertEquals(
    line({ asked: 101, skipped: 1 }),
    "downloaded 100 of 101 files (97.6 MB) in 1.06 s, 1 was there already",
  );
  assertEquals(
    line({ asked: 105, skipped: 5, duplicates: 2 }),
    "downloaded 100 of 105 files (97.6 MB) in 1.06 s, 3 were there already, 2 were listed before",
  );
  assertEquals(filesLine({ ...ALL, bytes: 5 }, { saved: false }), "read 100 URLs (5 bytes) in 1.06 s");
});

Deno.test("timesLines() says how many requests there were and how long they took", () => {
  const times = { p50: 3.14, p90: 12.4, p99: 1_234, max: 60_000 };
  const summary = { ...ALL, seconds: 2, failed: 3, requests: 110, retries: 7, firstByteMs: times, totalMs: times };
  assertEquals(timesLines(summary), [
    "110 requests, 7 of them retries, 55 per second",
    "first byte after 3.14 ms (p50), 12.4 ms (p90), 1.23 s (p99), 60 s (max)",
    "whole after 3.14 ms (p50), 12.4 ms (p90), 1.23 s (p99), 60 s (max)",
  ]);
  assertEquals(timesLines(ALL), []);
});

Deno.test("problemLines() says why a run ended early, and that a list wasn't read to its end", () => {
  const stopped = { why: "a download has failed", exitCode: 1 };
  const summary = { ...ALL, notStarted: 5, unread: true, stopped, badLines: 2 };
  assertEquals(problemLines(summary), [
    "2 lines of the list skipped: not URLs",
    "ended early, because a download has failed, after 1.06 s: 5 not started, and the rest of the list not read",
  ]);
});
