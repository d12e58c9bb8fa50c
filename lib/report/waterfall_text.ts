/**
 * Requests over time, in text: the same picture as in a report, as far as characters can draw it. Few requests are bars in
 * lanes; of many there is how many were in flight, since no bar may stand for several requests.
 *
 * @module
 */

import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import type { DrawnRequest } from "../metrics/request_sample.ts";
import type { Recorded } from "../metrics/summary.ts";

/** Options of {@linkcode waterfallText}. */
export interface WaterfallOptions {
  /** Characters a line may have. */
  width: number;
}

/** Lines for one strategy at most: four of them, an axis and a table fit on a screen. */
const MAX_LINES = 6;

/** Lines for what is in flight, of eight steps each. */
const BAND_LINES = 3;

/** Requests in a lane take turns, so that one can be told from the next. */
const REQUEST = ["█", "▓"];
const FAILED = "x";
const STEPS = " ▁▂▃▄▅▆▇█";

/** Characters between two marks of the axis at least. */
const MARK_WIDTH = 16;

/** Milliseconds that two requests in a lane may overlap: clocks of workers differ by as much. */
const TOLERANCE_MS = 0.5;

/**
 * Draws what strategies did when.
 *
 * @param runs What they came to.
 * @param options How wide.
 * @returns Lines: some for each strategy, which an empty one ends, and below them the axis.
 */
export function waterfallText(runs: readonly Recorded[], { width }: WaterfallOptions): string {
  const names = Math.max(...runs.map(({ strategy }) => strategy.length)) + 2;
  const columns = Math.max(10, width - names);
  const seconds = Math.max(...runs.map((run) => run.seconds), 0.001);
  const lines = runs.flatMap((run) => {
    const { strategy, timeline: { count, requests } } = run;
    const drawn = count > requests.length ? bands(run, seconds, columns) : lanes(requests, seconds, columns);
    return [...drawn.map((line, y) => (y === 0 ? strategy : "").padEnd(names) + line), ""];
  });
  return [...lines, " ".repeat(names) + axis(seconds, columns)].map((line) => line.trimEnd()).join("\n");
}

function lanes(requests: readonly DrawnRequest[], seconds: number, columns: number): string[] {
  return some(inLanes(requests)).map((lane) => drawLane(lane, seconds * 1_000 / columns).slice(0, columns));
}

/** Lanes in which no request overlaps another: each goes into the one that became free last before it. */
function inLanes(requests: readonly DrawnRequest[]): DrawnRequest[][] {
  const lanes: DrawnRequest[][] = [];
  const endOf = (lane: DrawnRequest[]) => lane[lane.length - 1][2];
  for (const request of requests) {
    const free = lanes.filter((lane) => endOf(lane) <= request[0] + TOLERANCE_MS);
    const best = free.toSorted((a, b) => endOf(b) - endOf(a))[0];
    if (best) best.push(request);
    else lanes.push([request]);
  }
  return lanes;
}

/** As many lanes as there are lines for, evenly from all. A strategy without any has an empty one. */
function some(lanes: DrawnRequest[][]): DrawnRequest[][] {
  const step = Math.ceil(lanes.length / MAX_LINES);
  return lanes.length === 0 ? [[]] : lanes.filter((_, i) => i % step === 0);
}

function drawLane(lane: DrawnRequest[], columnMs: number): string {
  let line = "";
  lane.forEach(([startMs, , endMs, failed], i) => {
    const from = Math.max(line.length, Math.round(startMs / columnMs));
    const length = Math.max(i === lane.length - 1 ? 1 : 0, Math.round(endMs / columnMs) - from);
    line = line.padEnd(from) + (failed ? FAILED : REQUEST[i % 2]).repeat(length);
  });
  return line;
}

/** How many were in flight, as columns; and how many that is at most. */
function bands({ peakInFlight, timeline: { inFlight, binMs } }: Recorded, seconds: number, columns: number): string[] {
  const most = Math.max(1, ...inFlight);
  const heights = Array.from({ length: columns }, (_, column) => {
    const bin = Math.floor(column * seconds * 1_000 / columns / binMs);
    return Math.ceil((inFlight[bin] ?? 0) / most * BAND_LINES * (STEPS.length - 1));
  });
  const drawn = Array.from({ length: BAND_LINES }, (_, y) => {
    const below = (BAND_LINES - 1 - y) * (STEPS.length - 1);
    return heights.map((height) => STEPS[Math.max(0, Math.min(STEPS.length - 1, height - below))]).join("");
  });
  return [...drawn, `up to ${formatCount(peakInFlight)} in flight`.slice(0, columns)];
}

function axis(seconds: number, columns: number): string {
  const step = roundStep(seconds * MARK_WIDTH / columns);
  let line = "";
  for (let mark = 0; mark * step < seconds; mark++) {
    line = line.padEnd(Math.round(mark * step / seconds * columns)) + `|${formatSeconds(mark * step)}`;
  }
  return line.slice(0, columns);
}

/** The least of 1, 2, 5, 10, 20, ... that isn't less. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}
