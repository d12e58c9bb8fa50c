import { assert, assertEquals } from "@std/assert";
import { resultsTable } from "../../lib/report/results_table.ts";
import type { Result } from "../../lib/metrics/speed.ts";
import { someSummary } from "../helpers/some_summary.ts";

function result(strategy: string, about: string, facts: { trials: number; seconds: number; failed?: number }): Result {
  const { trials: asked, seconds, failed = 0 } = facts;
  return {
    about,
    summary: someSummary({ strategy, asked, done: asked - failed, failed, seconds, peakInFlight: asked }),
  };
}

const RESULTS = [
  result("simple", "one after another", { trials: 10, seconds: 10.05 }),
  result("async", "all at once in one isolate", { trials: 10_000, seconds: 3.48, failed: 1 }),
];

Deno.test("resultsTable() compares pages per second, and says so where trials differ", () => {
  assertEquals(
    resultsTable(RESULTS),
    `
strategy  idea                                  pages    time    pages  times faster       most    peak
                                                               per sec   than simple  in flight  memory
simple    one after another                        10  10.1 s        1             1         10   50 MB
async     all at once in one isolate  9,999 of 10,000  3.48 s    2,873         2,888     10,000   50 MB

Not all had the same number of pages, so "times faster" compares pages per second.`.trimStart(),
  );
});

Deno.test("resultsTable() needs no note where all had the same number of trials", () => {
  const table = resultsTable([RESULTS[0], result("async", "all at once", { trials: 10, seconds: 1.005 })]);
  assert(!table.includes("Not all"), table);
  assertEquals(table.split("\n").at(-1)?.split(/  +/), [
    "async",
    "all at once",
    "10",
    "1 s",
    "10",
    "10",
    "10",
    "50 MB",
  ]);
});

Deno.test("resultsTable() compares with nothing where simple is missing or has downloaded nothing", () => {
  for (const first of [[], [result("simple", "", { trials: 10, failed: 10, seconds: 1 })]]) {
    const table = resultsTable([...first, RESULTS[1]]);
    assertEquals(table.split("\n").find((line) => line.startsWith("async"))?.split(/  +/)[5], "-");
  }
});

Deno.test("resultsTable() wraps ideas, or leaves them out, to keep to its width", () => {
  for (let width = 76; width <= 120; width++) {
    const lines = resultsTable(RESULTS, { width }).split("\n").slice(0, -1);
    assert(lines.every(({ length }) => length <= width), `at ${width} columns:\n${lines.join("\n")}`);
  }
  assert(resultsTable(RESULTS, { width: 95 }).includes("idea"));
  assert(!resultsTable(RESULTS, { width: 80 }).includes("idea"));
});

Deno.test("resultsTable() leaves memory out where strategies shared it", () => {
  assert(!resultsTable(RESULTS, { sharedMemory: true }).includes("memory"));
});

Deno.test("resultsTable() fits 40 columns, and says the same", () => {
  for (let width = 30; width <= 75; width++) {
    const lines = resultsTable(RESULTS, { width }).split("\n");
    assert(lines.every(({ length }) => length <= width), `at ${width} columns:\n${lines.join("\n")}`);
  }
  assertEquals(
    resultsTable(RESULTS.slice(0, 1), { width: 40 }),
    `
simple
  pages                     10
  time                      10.1 s
  pages per sec             1
  times faster than simple  1
  most in flight            10
  peak memory               50 MB`.trimStart(),
  );
});
