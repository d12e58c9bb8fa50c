import { assert, assertEquals } from "@std/assert";
import { Figures } from "../../lib/cluster/figures.ts";
import type { WholeRun } from "../../lib/cluster/whole_run.ts";
import { statusData, statusLine, statusLines } from "../../lib/report/run_status_text.ts";
import { wholeRunSummary } from "../../lib/report/whole_run_summary.ts";
import { filesLine, problemLines, timesLines } from "../../lib/report/summary_text.ts";
import { done } from "../helpers/run_machine.ts";

const NOW = Date.UTC(2026, 0, 1);

function someRun(change: Partial<WholeRun> = {}): WholeRun {
  const figures = new Figures();
  for (let id = 0; id < 100; id++) figures.add(done(id, { totalMs: 200, firstByteMs: 120, startedAt: NOW - 9_800 }));
  const machines = ["worker-1", "worker-2"].map((name, at) => ({
    ...{ session: `s${at}`, name, partitions: [at], perSecond: 1_205 },
  }));
  return {
    ...{ name: "crawl", partitions: 256, found: 10_000, isPublished: true, isFinished: false },
    totals: { done: 4_400, skipped: 80, failed: 20, bytes: 98e6 },
    figures,
    failures: [{ kind: "status", count: 20, example: { url: "http://a.example/1", message: "HTTP 503" } }],
    ...{ seconds: 9.8, perSecond: 2_410, bytesPerSecond: 52e6, machines, free: 12 },
    stalled: [
      { host: "slow.example", partition: 3, why: "retry-after", until: NOW + 12_000 },
      { host: "away.example", partition: 4, why: "circuit-open", until: NOW - 1 },
      { host: "gone.example", partition: 5, why: "given-up", until: NOW },
    ],
    ...change,
  };
}

Deno.test("statusLines() says how a run stands, its machines, its failures and its stalled hosts", () => {
  assertEquals(statusLines(someRun(), { now: NOW }), [
    "run crawl  going on  4,500 of 10,000 (45%)",
    "2,410/s  52.0 MB/s  3s left",
    "4,400 done  80 skipped  20 failed",
    "first byte  p50 119 ms  p90 119 ms  p99 119 ms  max 120 ms",
    "whole  p50 200 ms  p90 200 ms  p99 200 ms  max 200 ms",
    "20 failed (status), for example http://a.example/1",
    "  HTTP 503",
    "2 machines  256 partitions  12 not taken",
    "  worker-1  1 partition  1,205/s",
    "  worker-2  1 partition  1,205/s",
    "3 stalled hosts:",
    "  slow.example  Retry-After, asked again in 12s",
    "  away.example  circuit open, asked again now",
    "  gone.example  given up",
  ]);
});

for (const width of [20, 40, 60]) {
  Deno.test(`statusLines() fits ${width} columns`, () => {
    const long = "x".repeat(300);
    const machines = [{ session: "s", name: long, partitions: [1, 2, 3], perSecond: 123_456 }];
    const run = someRun({
      ...{ name: long.slice(0, 64), machines },
      failures: [{ kind: "unexpected-value", count: 1e6, example: { url: long, message: `${long}\u001b[2J` } }],
      stalled: [{ host: long, partition: 1, why: "retry-after", until: NOW + 1e7 }],
    });
    const lines = statusLines(run, { width, now: NOW });
    assertEquals(lines.filter((line) => line.length > width), []);
    assertEquals(lines.join("").includes("\u001b"), false);
  });
}

Deno.test("statusLines() counts what it doesn't list", () => {
  const machines = Array.from({ length: 1_000 }, (_, at) => ({ session: `${at}`, name: `m${at}`, partitions: [] }));
  const lines = statusLines(someRun({ machines, stalled: [] }), { now: NOW });
  assertEquals(lines.slice(-2), ["  m9  0 partitions", "  and 990 more"]);
});

Deno.test("statusLines() says that a run is finished, that nobody works on it, and that it is still being published", () => {
  const [finished, pace] = statusLines(someRun({ isFinished: true, free: 0, stalled: [] }), { now: NOW });
  assertEquals([finished, pace], [
    "run crawl  finished  4,500 of 10,000 (45%)",
    "2,410/s  52.0 MB/s  98.0 MB  in 9.8 s",
  ]);
  assert(statusLines(someRun({ machines: [] }))[0].startsWith("run crawl  nobody works on it"));
  assertEquals(
    statusLines(someRun({ isPublished: false }))[0],
    "run crawl  going on, still being published  4,500 of 10,000 so far",
  );
});

Deno.test("statusLine() says it in a line, statusData() for programs", () => {
  assertEquals(
    statusLine(someRun()),
    "45%, 4,400/10,000, 2,410/s, 52.0 MB/s, 3s left, 2 machines, 20 failed, 3 stalled hosts",
  );
  const { run, done, failed, machines, stalled, totalMs } = JSON.parse(JSON.stringify(statusData(someRun())));
  assertEquals([run, done, failed, machines.length, totalMs.max], ["crawl", 4_400, 20, 2, 200]);
  assertEquals(stalled[0], {
    host: "slow.example",
    partition: 3,
    why: "retry-after",
    until: "2026-01-01T00:00:12.000Z",
  });
});

Deno.test("a whole run is summed up in the words of a run on one machine", () => {
  const summary = wholeRunSummary(someRun(), { interrupted: true });
  assertEquals(
    filesLine(summary, { saved: true }),
    "downloaded 4,400 of 10,000 files (98.0 MB) in 9.8 s, 80 were there already",
  );
  assertEquals(problemLines(summary).at(-1), "interrupted after 9.8 s: 5500 not started");
  assertEquals(timesLines(summary)[0], "100 requests, 10 per second");
  assertEquals(summary.asked, summary.done + summary.skipped + summary.failed + summary.notStarted);
});
