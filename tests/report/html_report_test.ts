import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { htmlReport } from "../../lib/report/html_report.ts";
import type { Span } from "../../lib/metrics/spans.ts";
import type { Recorded } from "../../lib/metrics/summary.ts";
import { someRecord } from "../helpers/some_summary.ts";

const conditions = [["Command", "deno task demo"], ["Deno", "2.9.6"]] as const;

/** Three pages a second each, one after another. */
const SIMPLE = someRecord({ strategy: "simple", asked: 3, done: 3, requests: 3, seconds: 3, cpuSeconds: 0.03 }, {
  ...{ binMs: 500, inFlight: [1, 1, 1, 1, 1, 1], ended: [0, 0, 1, 0, 1, 1], failed: [0, 0, 0, 0, 0, 0] },
  ...{ laneCount: 1, lanes: [[[0, 1_000, false], [1_000, 2_000, false], [2_000, 3_000, false]]] },
  latency: [[0, 1_000], [50, 1_000], [100, 1_004]],
});

/** Three pages at once; one of them fails. */
const ASYNC = someRecord({
  ...{ strategy: "async", asked: 3, done: 2, failed: 1, requests: 3, seconds: 1.02, peakInFlight: 3 },
  failures: [{ kind: "reset", count: 1, example: { url: "http://a.test/2", message: "connection <reset>" } }],
}, {
  ...{ binMs: 500, inFlight: [2.8, 2, 0.1], ended: [1, 0, 2], failed: [1, 0, 0], laneCount: 3 },
  lanes: [[[0, 1_000, false]], [[0, 400, true]], [[0, 1_010, false]]],
  latency: [[0, 1_000], [50, 1_000], [100, 1_010]],
});

const report = (...runs: Recorded[]) =>
  htmlReport({ title: "Report", results: runs.map((summary) => ({ about: "an idea", summary })), conditions });

/** What a person reads of a page: no styles, no tags. */
function textOf(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test("htmlReport() of two strategies is as it was looked at and found good", async (t) => {
  await t.assertSnapshot(await report(SIMPLE, ASYNC));
});

Deno.test("htmlReport() says in its first sentence who was how much faster", async () => {
  assertStringIncludes(
    textOf(await report(SIMPLE, ASYNC)),
    "Report async downloaded 2 pages in 1.02 s, 2 times as many",
  );
  assertStringIncludes(textOf(await report(ASYNC)), "async downloaded 2 pages in 1.02 s, 2 per second.");
  assertStringIncludes(textOf(await report(someRecord({ done: 0 }))), "No page was downloaded.");
});

Deno.test("htmlReport() says how many requests there were, and how many at once, as the summary does", async () => {
  const run = someRecord({ done: 10, skipped: 90, asked: 100, requests: 12, peakInFlight: 7 }, { laneCount: 5 });
  const text = textOf(await report(run));
  assertStringIncludes(text, "12 requests, up to 7 at once.");
  assertMatch(text, /Most at once Last one ended after simple 12 7 /);
  assert(!text.includes("up to 5"));
});

Deno.test("htmlReport() asks for nothing from anywhere", async () => {
  const page = await report(SIMPLE, ASYNC);
  assertEquals(page.match(/\b(?:src|href)=(?!"data:).*|url\(.*/g), null);
  assert(!page.includes("<script"));
});

Deno.test("htmlReport() has every figure of its charts in a table", async () => {
  const text = textOf(await report(SIMPLE, ASYNC));
  assertMatch(text, /Requests in flight as a table .* simple 250 ms 1 .* async 250 ms 2.8 /);
  assertMatch(text, /Latency as a table Strategy Fastest 50 % Slowest simple 1 s 1 s 1 s async 1 s 1 s 1.01 s/);
  assertMatch(text, /Failures as a table .* async reset, for example: connection &lt;reset&gt; 1 /);
});

Deno.test("htmlReport() says so when nothing failed", async () => {
  assertStringIncludes(textOf(await report(SIMPLE)), "Failures None: every page that was asked for arrived.");
});

Deno.test("htmlReport() leaves out what can't be told apart in one process, or isn't known", async () => {
  const results = [{ about: "x", summary: SIMPLE }];
  const together = textOf(await htmlReport({ title: "T", results, conditions, oneProcess: true }));
  assert(!/memory|CPU/i.test(together));
  const unknown = textOf(await report({ ...SIMPLE, cpuSeconds: undefined }));
  assert(unknown.includes("Memory") && !unknown.includes("Computing"));
});

Deno.test("htmlReport() of nothing is a page, too", async () => {
  assertStringIncludes(textOf(await report()), "No page was downloaded.");
  assertStringIncludes(textOf(await report(someRecord({ asked: 0, done: 0, requests: 0, seconds: 0 }))), "0 requests");
});

Deno.test("htmlReport() stays small when as much is drawn as ever is", async () => {
  const lanes = Array.from(
    { length: 64 },
    (_, y) => Array.from({ length: 31 }, (_, x): Span => [x * 33.3, x * 33.3 + 33.1, x % 9 === y]),
  );
  const bins = Array.from({ length: 240 }, (_, i) => i);
  const run = someRecord({}, {
    lanes,
    binMs: 4,
    inFlight: bins,
    ended: bins.toReversed(),
    failed: bins,
    laneCount: 64,
  });
  const { length } = await report(
    ...["simple", "threaded", "async", "optimized", "download"].map((strategy) => ({ ...run, strategy })),
  );
  assert(length < 1_000_000, `${length} bytes`);
});
