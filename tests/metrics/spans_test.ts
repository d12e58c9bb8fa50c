import { assert, assertEquals } from "@std/assert";
import { type Span, Spans } from "../../lib/metrics/spans.ts";

function spansOf(...spans: [start: number, end: number][]): Spans {
  const all = new Spans();
  for (const [start, end] of spans.toSorted(([, a], [, b]) => a - b)) all.add([start, end, false]);
  return all;
}

function assertNoOverlap(lanes: Span[][]) {
  for (const lane of lanes) {
    for (let i = 1; i < lane.length; i++) assert(lane[i][0] >= lane[i - 1][1] - 0.5, `${lane[i - 1]} and ${lane[i]}`);
  }
}

Deno.test("Spans puts requests one after another into one lane", () => {
  const spans = spansOf([0, 10], [10.1, 20], [20, 30]);
  assertEquals(spans.lanes, [[[0, 10, false], [10.1, 20, false], [20, 30, false]]]);
});

Deno.test("Spans puts requests at the same time into lanes of their own", () => {
  const spans = spansOf([0, 100], [10, 110], [20, 120], [105, 200], [115, 210], [125, 220]);
  assertEquals(spans.laneCount, 3);
  assertEquals(spans.lanes.map((lane) => lane.map(([start]) => start)), [[0, 105], [10, 115], [20, 125]]);
});

Deno.test("Spans needs no more lanes than there were requests at once", () => {
  const requests: [number, number][] = Array.from({ length: 5_000 }, (_, i) => [i, i + 5 + (i * 7_919) % 90]);
  const atOnce = Math.max(...requests.map(([time]) => requests.filter(([s, e]) => s <= time && e > time).length));
  const spans = spansOf(...requests);
  assert(spans.laneCount <= atOnce, `${spans.laneCount} lanes for ${atOnce} at once`);
  assertNoOverlap(spans.lanes);
});

Deno.test("Spans keeps every 2nd, 4th, ... of many lanes", () => {
  const spans = spansOf(...Array.from({ length: 1_000 }, (_, i): [number, number] => [i / 1_000, 100 + i]));
  assertEquals([spans.laneCount, spans.step, spans.lanes.length], [1_000, 16, 63]);
});

Deno.test("Spans joins bars that are too short to be seen, and keeps the time they cover", () => {
  const spans = spansOf(...Array.from({ length: 100_000 }, (_, i): [number, number] => [i * 10, i * 10 + 9]));
  assertEquals(spans.laneCount, 1);
  const [lane] = spans.lanes;
  assert(lane.length > 500 && lane.length <= 2_000, `${lane.length} bars`);
  assertEquals([lane[0][0], lane.at(-1)?.[1]], [0, 999_999]);
});

Deno.test("Spans shows a failure also in bars that were joined", () => {
  const spans = new Spans();
  for (let i = 0; i < 10_000; i++) spans.add([i, i + 1, i === 5_000]);
  assertEquals(spans.lanes[0].filter(([, , failed]) => failed).length, 1);
});

Deno.test("Spans copes with requests that are added out of order", () => {
  const spans = new Spans();
  for (const [start, end] of [[5, 20], [0, 10], [11, 15], [20, 30], [16, 25]]) spans.add([start, end, false]);
  assert(spans.laneCount <= 3);
  for (const lane of spans.lanes) assertNoOverlap([lane.toSorted(([a], [b]) => a - b)]);
});
