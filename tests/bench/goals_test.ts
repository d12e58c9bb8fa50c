import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Comparison } from "../../bench/compare.ts";
import { goalsMarkdown } from "../../bench/goals.ts";
import { judgeGoals } from "../../bench/goals/judge.ts";
import type { Load } from "../../bench/load.ts";
import type { Usage } from "../../bench/measured_process.ts";

const used = (seconds: number, cpuSeconds: number, megabytes: number): Usage => ({
  seconds,
  cpuSeconds,
  peakMemoryBytes: megabytes * 1e6,
});

const comparison = (load: Partial<Load>, runs: Record<string, Usage[]>, failure?: string): Comparison => ({
  load: { trials: 10_000, delayMs: 1_000, bytes: 0, http1: false, ...load },
  repeats: 2,
  rows: Object.entries(runs).map(([peer, runs]) => ({
    peer,
    runs: runs.map((run) => ({ ...run, serverCpuSeconds: 0 })),
    failure: peer === "download" ? failure : undefined,
  })),
  leftOut: [],
});

const found = (verdicts: ReturnType<typeof judgeGoals>, work: string, goal: string) =>
  verdicts.filter((one) => one.work.startsWith(work) && one.goal.includes(goal)).map(({ measured, isMet }) => [
    measured,
    isMet,
  ]);

Deno.test("a goal is held against the median of ratios taken round by round", () => {
  const verdicts = judgeGoals({
    pages: [comparison({}, {
      download: [used(1.2, 0.3, 90), used(2.2, 0.4, 120), used(1.1, 0.5, 110)],
      h2load: [used(1, 0.1, 16), used(2, 0.1, 16), used(1, 0.1, 16)],
    })],
    files: [],
  });
  assertEquals(found(verdicts, "10,000 pages, server delay 1s", "h2load"), [["1.10 (1.10-1.20)", true], [
    "not measured",
    undefined,
  ]]);
  assertEquals(found(verdicts, "10,000 pages, server delay 1s", "CPU s"), [["0.40 (0.30-0.50)", true]]);
  assertEquals(found(verdicts, "10,000 pages, server delay 1s", "MB"), [["110 (90.00-120)", true]]);
});

Deno.test("a client that failed has no figure, and no load is taken for another", () => {
  const runs = { download: [used(1, 0.1, 50)], h2load: [used(1, 0.1, 16)] };
  const pages = [comparison({}, runs, "Downloaded 9 pages of 10000"), comparison({ workers: 2 }, runs)];
  assertEquals(judgeGoals({ pages, files: [] }).filter(({ isMet }) => isMet !== undefined), []);
});

Deno.test("memory that grows with what has been downloaded misses its goal", () => {
  const of = (trials: number, megabytes: number) =>
    comparison({ trials, delayMs: 0 }, { download: [used(1, 1, megabytes)] });
  const growth = (most: number) =>
    found(judgeGoals({ pages: [of(200_000, 100), of(1_000_000, most)], files: [] }), "1,000,000", "memory of 200,000");
  assertEquals(growth(105), [["1.05", true]]);
  assertEquals(growth(150), [["1.50", false]]);
});

Deno.test("files are held against the fastest of the others, and each line against its own table", () => {
  const set = { name: "small", files: 10_000, bytes: 10_000 };
  const row = (peer: string, seconds: number) => ({
    peer,
    runs: [{ ...used(seconds, 1, 50), serverCpuSeconds: 0 }],
  });
  const files = [
    { set, scheme: "https", rows: [row("download", 2.2), row("curl", 2), row("aria2c", 1)] },
    { set, scheme: "https", line: "50 ms, 1 % loss", rows: [row("download", 3), row("curl", 4)] },
  ];
  const verdicts = judgeGoals({ pages: [], files });
  assertEquals(found(verdicts, "10,000 files of 10 KB, https", "fastest"), [["2.20", false]]);
  assertEquals(found(verdicts, "10,000 files of 10 KB, https, 50 ms", "curl"), [["0.75", true]]);
  const text = goalsMarkdown(verdicts);
  assert(/\| 0\.75 +\| yes/.test(text), text);
  assertStringIncludes(text, "not measured");
});
