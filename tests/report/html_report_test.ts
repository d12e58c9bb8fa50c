import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { htmlReport, type ReportData } from "../../lib/report/html_report.ts";
import type { DrawnRequest } from "../../lib/metrics/request_sample.ts";
import type { Recorded } from "../../lib/metrics/summary.ts";
import { someRecord } from "../helpers/some_summary.ts";

const conditions = [["Command", "deno task demo"], ["Deno", "2.9.6"]] as const;

/** Three pages a second each, one after another. */
const SIMPLE = someRecord({
  ...{ strategy: "simple", asked: 3, done: 3, requests: 3, seconds: 3, cpuSeconds: 0.03, isolates: 1, connections: 1 },
}, {
  ...{ binMs: 500, inFlight: [1, 1, 1, 1, 1, 1], ended: [0, 0, 1, 0, 1, 1], failed: [0, 0, 0, 0, 0, 0] },
  ...{ waiting: [1, 1, 1, 1, 1, 1], meanMs: [null, null, 1_000, null, 1_000, 1_000] },
  requests: [[0, 999, 1_000, false], [1_000, 1_999, 2_000, false], [2_000, 2_999, 3_000, false]],
  latency: [[0, 1_000], [50, 1_000], [100, 1_004]],
  histogram: { edgesMs: [1_000, 1_002, 1_004], counts: [2, 1] },
});

/** Three pages at once; one of them fails. */
const ASYNC = someRecord({
  ...{ strategy: "async", asked: 3, done: 2, failed: 1, requests: 3, seconds: 1.02, peakInFlight: 3 },
  ...{ isolates: 1, connections: 3 },
  failures: [{ kind: "reset", count: 1, example: { url: "http://a.test/2", message: "connection <reset>" } }],
}, {
  ...{ binMs: 500, inFlight: [2.8, 2, 0.1], waiting: [2.8, 2, 0], ended: [1, 0, 2], failed: [1, 0, 0] },
  ...{ meanMs: [null, null, 1_005], failures: [400] },
  requests: [[0, 990, 1_000, false], [0, null, 400, true], [0, 1_005, 1_010, false]],
  failedUrls: [{ kind: "reset", url: "http://a.test/2", message: "connection <reset>" }],
  latency: [[0, 1_000], [50, 1_000], [100, 1_010]],
  histogram: { edgesMs: [1_000, 1_005, 1_010], counts: [1, 1] },
});

/** More requests than are drawn each. */
function many(strategy: string, facts: Partial<Recorded> = {}): Recorded {
  const requests = Array.from({ length: 64 }, (_, i): DrawnRequest => [i, i + 100, i + 101, false]);
  const bins = Array.from({ length: 100 }, (_, i) => i);
  return someRecord({ strategy, asked: 10_000, done: 10_000, peakInFlight: 10_000, ...facts }, {
    ...{ binMs: 4, inFlight: bins, waiting: bins, ended: bins, failed: bins.map(() => 0) },
    ...{ meanMs: bins, count: 10_000, requests, latency: [[0, 100], [50, 101], [100, 101]] },
    histogram: { edgesMs: [100, 101], counts: [10_000] },
  });
}

const report = (runs: readonly Recorded[], data: Partial<ReportData> = {}) =>
  htmlReport({
    title: "Report",
    results: runs.map((summary) => ({ about: "an idea", summary })),
    conditions,
    ...data,
  });

/** What a person reads of a page: no styles, no tags. */
function textOf(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

const count = (page: string, what: RegExp) => [...page.matchAll(what)].length;
const REQUEST = /<g class="request( failed)?"/g;
const FAILURE = /<path class="failure"/g;

Deno.test("htmlReport() of two strategies is as it was looked at and found good", async (t) => {
  await t.assertSnapshot(await report([SIMPLE, ASYNC], { delayMs: 1_000 }));
});

Deno.test("htmlReport() says in its first sentence who was how much faster, and why", async () => {
  assertStringIncludes(
    textOf(await report([SIMPLE, ASYNC])),
    "Report async downloaded 2 pages in 1.02 s, 2 times as many per second as simple.",
  );
  const [async, download] = [
    many("async", { connections: 8_054 }),
    many("download", { connections: 50, seconds: 1.4 }),
  ];
  assertStringIncludes(
    textOf(await report([async, download])),
    "download downloaded 10,000 pages in 1.4 s, 7,143 per second, over 50 connections where async opened 8,054.",
  );
  assertStringIncludes(textOf(await report([someRecord({ done: 0 })])), "No page was downloaded.");
});

Deno.test("htmlReport() is in this order: verdict, failures, what happened when, cost, latency, conditions", async () => {
  for (const runs of [[ASYNC], [SIMPLE, ASYNC]]) {
    const heads = [...(await report(runs)).matchAll(/<h2>([^<]*)/g)].map(([, head]) => head);
    const cost = runs.length > 1 ? "What each of them cost" : "What it cost";
    assertEquals(heads, ["Failures", "What happened when", cost, "Latency", "Conditions"]);
  }
});

Deno.test("htmlReport() of a list has five large numbers: files, MB, MB/s, failed, retried", async () => {
  const run = someRecord({ strategy: "download", done: 9, failed: 1, bytes: 97_600_000, seconds: 2, retries: 3 });
  const text = textOf(await report([run], { things: "files" }));
  assertMatch(text, / files 9 MB downloaded 97.6 MB per second 48.8 failed 1 retried 3 Failures /);
});

Deno.test("htmlReport() of a single run compares with nothing", async () => {
  const text = textOf(await report([SIMPLE]));
  assert(!/faster|times as|All have|Strategy Pages/.test(text), text);
  assertStringIncludes(text, "Requests by latency, linear");
  assertStringIncludes(text, "Latency over time, linear: dots are requests, the line is the mean");
});

Deno.test("htmlReport() draws each request up to 200, and a sample above that it says is one", async () => {
  const page = await report([SIMPLE, ASYNC]);
  assertEquals([count(page, REQUEST), count(page, FAILURE)], [6, 1]);
  const large = await report([many("async")]);
  assertEquals(count(large, REQUEST), 64);
  assertStringIncludes(textOf(large), "64 samples of the 10,000 requests, drawn by lot, a row each");
  assertStringIncludes(textOf(large), "10,000 requests, ended after 10.1 s. In flight, linear");
});

Deno.test("htmlReport() draws all failures, and says how many were never sent", async () => {
  const failures = Array.from({ length: 300 }, (_, i) => i);
  const run = many("async", { failed: 310, done: 9_690 });
  run.timeline = { ...run.timeline, failures, failed: [300] };
  const page = await report([run]);
  assertEquals(count(page, FAILURE), 300);
  assertStringIncludes(textOf(page), "300 failed, a stroke each; 10 more were never sent");
  const bins = { ...run, timeline: { ...run.timeline, failures: [1], failed: [100, 0, 200] } };
  assertEquals(count(await report([bins]), FAILURE), 2, "a stroke for every bin that has failures");
});

Deno.test("htmlReport() says what each strategy is made of, and no more than is known", async () => {
  const text = textOf(await report([SIMPLE, ASYNC, { ...ASYNC, strategy: "optimized", connections: undefined }]));
  assertMatch(text, /simple an idea isolate 1 connection 1 at once 1 3 requests, a row each, ended after 3 s/);
  assertMatch(text, /async an idea isolate 1 connections 3 at once 3 3 requests/);
  assertMatch(text, /optimized an idea isolate 1 connections \? at once 3 3 requests/);
});

Deno.test("htmlReport() has a dashed line at the website's own delay, where that is known", async () => {
  const page = await report([SIMPLE, ASYNC], { delayMs: 1_000 });
  assertEquals(count(page, /<path class="delay" d="M333.3 0V/g), 3, "in both lanes, and at failures");
  assertStringIncludes(textOf(page), "own delay, 1 s: what lies beyond is queueing");
  assert(!(await report([SIMPLE, ASYNC])).includes('<path class="delay"'));
});

Deno.test("htmlReport() asks for nothing from anywhere", async () => {
  const page = await report([SIMPLE, ASYNC]);
  assertEquals(page.match(/\b(?:src|href)=(?!"data:).*|url\(.*/g), null);
  assert(!page.includes("<script"));
});

Deno.test("htmlReport() has the figures of its charts as text, too", async () => {
  const page = await report([SIMPLE, ASYNC]);
  const text = textOf(page);
  assertMatch(text, /Strategy Fastest 50 % Slowest simple 1 s 1 s 1 s async 1 s 1 s 1.01 s/);
  assertMatch(text, /1 × reset with async http:\/\/a.test\/2 connection &lt;reset&gt; /);
  assertStringIncludes(
    page,
    'aria-label="Requests of async over time: 3, up to 3 at once, the last one ended after 1.02 s"',
  );
  assertStringIncludes(page, 'aria-label="Latency of async: fastest 1 s, median 1 s, slowest 1.01 s"');
});

Deno.test("htmlReport() names the first 20 URLs of a kind, and the command that gets them again", async () => {
  const failedUrls = Array.from({ length: 20 }, (_, i) => ({ kind: "reset" as const, url: `/<${i}>`, message: "no" }));
  const failures = [{ kind: "reset" as const, count: 25, example: failedUrls[0] }];
  const run = someRecord({ failed: 25, failures }, { failedUrls });
  const text = textOf(await report([run], { again: { about: "Again:", command: "deno run -A download.ts -i x" } }));
  assertStringIncludes(text, "25 × reset, of which the first 20 /&lt;0&gt; no ");
  assertStringIncludes(text, "/&lt;19&gt; no Again: deno run -A download.ts -i x ");
});

Deno.test("htmlReport() says so when nothing failed", async () => {
  assertStringIncludes(textOf(await report([SIMPLE])), "Failures None: everything that was asked for arrived.");
});

Deno.test("htmlReport() says why downloads were skipped, in its first sentence and beside what it cost", async () => {
  const skips = { skipped: 9, unchanged: 4, unwanted: 2, duplicates: 1 };
  const why = "2 were there already, 4 haven&#39;t changed, 2 aren&#39;t wanted, 1 was listed before";
  const text = textOf(await report([someRecord({ ...skips, asked: 19 })], { things: "files" }));
  assertStringIncludes(
    text,
    `per second; ${why.replaceAll(", ", "; ")}.`,
  );
  assertStringIncludes(text, ` Skipped 9: ${why} `);
  assert(!text.includes("everything that was asked for arrived"));
  const none = textOf(await report([someRecord({ ...skips, asked: 9, done: 0 })], { things: "files" }));
  assertStringIncludes(none, `No file was downloaded: ${why}.`);
  assert(!textOf(await report([SIMPLE])).includes("Skipped"));
});

Deno.test("htmlReport() leaves out what can't be told apart in one process, or isn't known", async () => {
  const together = textOf(await report([SIMPLE, ASYNC], { oneProcess: true }));
  assert(!/memory|CPU/i.test(together));
  const unknown = textOf(await report([{ ...SIMPLE, cpuSeconds: undefined }]));
  assert(unknown.includes("Peak memory") && !unknown.includes("CPU"));
});

Deno.test("htmlReport() of nothing is a page, too", async () => {
  assertStringIncludes(textOf(await report([])), "No page was downloaded.");
  assertStringIncludes(
    textOf(await report([someRecord({ asked: 0, done: 0, requests: 0, seconds: 0 })])),
    "0 requests",
  );
});

Deno.test("htmlReport() stays small when as much is drawn as ever is", async () => {
  const requests = Array.from(
    { length: 200 },
    (_, i): DrawnRequest => [i * 3.3, i * 3.3 + 100.1, i * 3.3 + 133.1, false],
  );
  const failures = Array.from({ length: 2_000 }, (_, i) => i);
  const runs = ["simple", "threaded", "async", "optimized", "download"].map((strategy, i) => {
    const run = many(strategy, { failed: 2_000 });
    const drawn = i % 2 === 0 ? { requests, count: 200 } : {};
    return { ...run, timeline: { ...run.timeline, ...drawn, failures, failed: [2_000] } };
  });
  const { length } = await report(runs);
  assert(length < 1_000_000, `${length} bytes`);
});
