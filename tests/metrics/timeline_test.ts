import { assert, assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/core/outcome.ts";
import { Timeline } from "../../lib/metrics/timeline.ts";

function outcome(id: number, startedAt: number, totalMs: number, failed = false): Outcome {
  const firstByteMs = failed ? undefined : totalMs / 2;
  const facts = { id, url: `http://a.test/${id}`, attempts: 1, startedAt, firstByteMs, totalMs, bytes: 1 };
  return failed ? { ...facts, result: "failed", kind: "reset", message: "reset" } : { ...facts, result: "done" };
}

Deno.test("Timeline says what happened when", () => {
  const timeline = new Timeline(1_000);
  timeline.add(outcome(0, 1_000, 2));
  timeline.add(outcome(1, 1_001, 2));
  timeline.add(outcome(2, 1_002, 2, true));
  const { latency, histogram, ...data } = timeline.data;
  assertEquals(data, {
    binMs: 1,
    inFlight: [1, 2, 2, 1, 0],
    waiting: [1, 1, 1, 1, 0],
    ended: [0, 0, 1, 1, 1],
    failed: [0, 0, 0, 0, 1],
    meanMs: [null, null, 2, 2, null],
    count: 3,
    requests: [[0, 1, 2, false], [1, 2, 3, false], [2, null, 4, true]],
    failures: [4],
    failedUrls: [{ kind: "reset", url: "http://a.test/2", message: "reset" }],
  });
  assertEquals(latency[0], [0, 2]);
  assertEquals(latency.at(-1)?.[0], 100);
  assertEquals(histogram.counts.reduce((sum, count) => sum + count, 0), 2);
});

Deno.test("Timeline says how many requests were in flight also where they are shorter than a bin", () => {
  const timeline = new Timeline(0);
  for (let i = 0; i < 100_000; i++) timeline.add(outcome(i, i / 2, 0.25));
  const { binMs, inFlight } = timeline.data;
  assertEquals(binMs, 256);
  assert(inFlight.slice(0, -1).every((count) => count === 0.5), inFlight.join(" "));
});

Deno.test("Timeline knows the percentiles of latency to a thousandth", () => {
  const timeline = new Timeline(0);
  for (let i = 1; i <= 10_000; i++) timeline.add(outcome(i, 0, i));
  for (const [percentile, ms] of timeline.data.latency.slice(1)) {
    const exact = percentile * 100;
    assert(Math.abs(ms - exact) <= exact / 500, `${percentile}: ${ms}`);
  }
});

Deno.test("Timeline leaves failures out of latency", () => {
  const timeline = new Timeline(0);
  timeline.add(outcome(0, 0, 50_000, true));
  assertEquals(timeline.data.latency, []);
});

Deno.test("Timeline of a million requests is as small as that of a few thousand", () => {
  const timeline = new Timeline(0);
  for (let i = 0; i < 1_000_000; i++) timeline.add(outcome(i, i / 10, 100 + (i * 7_919) % 100));
  const { length } = JSON.stringify(timeline.data);
  assert(length < 100_000, `${length} bytes`);
});

Deno.test("Timeline counts requests by how long they took, each once", () => {
  const timeline = new Timeline(0);
  for (let i = 0; i < 1_000; i++) timeline.add(outcome(i, 0, i < 900 ? 100 + i % 10 : 500));
  const { edgesMs, counts } = timeline.data.histogram;
  assertEquals([edgesMs[0], counts[0], counts.at(-1)], [100, 900, 100]);
  assert(Math.abs((edgesMs.at(-1) ?? 0) - 500) < 1, "to a thousandth");
  assertEquals(counts.reduce((sum, count) => sum + count, 0), 1_000);
});

Deno.test("Timeline keeps no request that was never sent, but its URL", () => {
  const timeline = new Timeline(0);
  timeline.add({ ...outcome(7, 0, 0, true), attempts: 0 });
  const { count, requests, failures, failedUrls, failed } = timeline.data;
  assertEquals([count, requests, failures, failed], [0, [], [], []]);
  assertEquals(failedUrls.map(({ url }) => url), ["http://a.test/7"]);
});

Deno.test("Timeline keeps the first 20 URLs of each kind of failure", () => {
  const timeline = new Timeline(0);
  for (let i = 0; i < 30; i++) timeline.add(outcome(i, 0, 1, true));
  assertEquals(timeline.data.failedUrls.length, 20);
  assertEquals(timeline.data.failures.length, 30);
});
