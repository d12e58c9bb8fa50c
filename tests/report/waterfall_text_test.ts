import { assert, assertEquals } from "@std/assert";
import type { DrawnRequest } from "../../lib/metrics/request_sample.ts";
import { waterfallText } from "../../lib/report/waterfall_text.ts";
import { someRecord } from "../helpers/some_summary.ts";

type Span = [startMs: number, endMs: number, failed: boolean];

const run = (strategy: string, seconds: number, lanes: Span[][]) =>
  someRecord({ strategy, seconds }, {
    requests: lanes.flat().map(([start, end, failed]): DrawnRequest => [start, end, end, failed]).toSorted(([a], [b]) =>
      a - b
    ),
  });

Deno.test("waterfallText() draws requests as bars in lanes over one time axis", () => {
  const picture = waterfallText([
    run("simple", 4, [[[0, 1_000, false], [1_000, 2_000, false], [2_000, 3_000, true], [3_000, 4_000, false]]]),
    run("async", 1, [[[0, 1_000, false]], [[500, 1_000, false]]]),
  ], { width: 48 });
  assertEquals(
    picture,
    `
simple  ██████████▓▓▓▓▓▓▓▓▓▓xxxxxxxxxx▓▓▓▓▓▓▓▓▓▓

async   ██████████
             █████

        |0 s                |2 s`.trimStart(),
  );
});

Deno.test("waterfallText() shows some of many lanes, evenly", () => {
  const lanes = Array.from({ length: 100 }, (_, i): Span[] => [[i * 10, 1_000, false]]);
  const lines = waterfallText([run("async", 1, lanes)], { width: 107 }).split("\n");
  assertEquals(lines.length, 6 + 2, "six lanes, and an axis apart from them");
  assertEquals(lines.slice(0, 3).map((line) => line.indexOf("█")), [7, 24, 41]);
});

Deno.test("waterfallText() shows the shortest request, and a strategy that had none", () => {
  const lines = waterfallText([run("a", 10, [[[5_000, 5_000.1, false]]]), run("b", 0, [])], { width: 40 }).split("\n");
  assertEquals(lines[0].trim(), "a                     █");
  assertEquals(lines[2], "b");
});

Deno.test("waterfallText() keeps to its width", () => {
  const lanes: Span[][] = [Array.from({ length: 50 }, (_, i): Span => [i * 20, i * 20 + 20, false])];
  for (const width of [30, 80, 200]) {
    const lines = waterfallText([run("optimized", 1, lanes), run("simple", 1, lanes)], { width }).split("\n");
    assert(lines.every(({ length }) => length <= width), lines.join("\n"));
  }
});

Deno.test("waterfallText() of many requests says how many were in flight, and draws no bar for several", () => {
  const inFlight = [0, 50, 100, 100, 50, 10, 10, 10, 10, 10];
  const timeline = { binMs: 100, inFlight, count: 201, requests: [[0, 1, 2, false]] as DrawnRequest[] };
  const picture = waterfallText([someRecord({ strategy: "async", seconds: 1, peakInFlight: 100 }, timeline)], {
    width: 27,
  });
  assertEquals(
    picture,
    `
async      ████
         ▄▄████▄▄
         ████████▃▃▃▃▃▃▃▃▃▃
       up to 100 in flight

       |0 s`.trimStart(),
  );
});
