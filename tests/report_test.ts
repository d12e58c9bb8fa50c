import { assertEquals } from "@std/assert";
import { filesLine, problemLines, resultLine, timesLines } from "../lib/report.ts";
import type { Summary } from "../lib/summary.ts";

const ALL: Summary = {
  strategy: "async",
  ...{ asked: 100, done: 100, skipped: 0, failed: 0, notStarted: 0 },
  ...{ value: "4950", seconds: 1.0587, retries: 0, bytes: 190 },
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
  assertEquals(problemLines(interrupted), ["interrupted after 1.06s: 60 not started"]);
});

Deno.test("problemLines() says when a run ended early for another reason", () => {
  assertEquals(problemLines({ ...ALL, done: 40, notStarted: 60 }), ["ended early after 1.06s: 60 not started"]);
});

Deno.test("filesLine() and timesLines() speak of one file and one request as of one", () => {
  const one: Summary = { ...ALL, asked: 1, done: 1, seconds: 1 };
  assertEquals(filesLine(one, { saved: true }), "downloaded 1 file (190 bytes) in 1.00s");
  assertEquals(filesLine(one, { saved: false }), "read 1 URL (190 bytes) in 1.00s");
  const totalMs = { p50: 1, p90: 1, p99: 1, max: 1 };
  assertEquals(timesLines({ ...one, totalMs })[0], "1 request, 1 a second");
});
