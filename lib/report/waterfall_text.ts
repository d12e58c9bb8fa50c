/**
 * Requests in lanes over time, in text: the same picture as in a report, as far as characters can draw it.
 *
 * @module
 */

import { formatSeconds } from "../core/format_seconds.ts";
import type { Span } from "../metrics/spans.ts";
import type { Recorded } from "../metrics/summary.ts";

/** Lines for one strategy at most: four of them, an axis and a table fit on a screen. */
const MAX_LINES = 6;

/** Requests in a lane take turns, so that one can be told from the next. */
const REQUEST = ["█", "▓"];
const FAILED = "x";

/** Characters between two marks of the axis at least. */
const MARK_WIDTH = 16;

/**
 * Draws what strategies did when.
 *
 * @param runs What they came to.
 * @param options Characters a line may have.
 * @returns Lines: some for each strategy, one for each of its lanes or for every second, third, ... of them; then the axis.
 */
export function waterfallText(runs: readonly Recorded[], { width }: { width: number }): string {
  const names = Math.max(...runs.map(({ strategy }) => strategy.length)) + 2;
  const columns = Math.max(10, width - names);
  const seconds = Math.max(...runs.map((run) => run.seconds), 0.001);
  const lines = runs.flatMap(({ strategy, timeline: { lanes } }) => [
    ...some(lanes).map((lane, y) =>
      (y === 0 ? strategy : "").padEnd(names) + drawLane(lane, seconds * 1_000 / columns).slice(0, columns)
    ),
    "",
  ]);
  return [...lines, " ".repeat(names) + axis(seconds, columns)].map((line) => line.trimEnd()).join("\n");
}

/** As many lanes as there are lines for, evenly from all. A strategy without any has an empty one. */
function some(lanes: Span[][]): Span[][] {
  const step = Math.ceil(lanes.length / MAX_LINES);
  return lanes.length === 0 ? [[]] : lanes.filter((_, i) => i % step === 0);
}

function drawLane(lane: Span[], columnMs: number): string {
  let line = "";
  lane.forEach(([startMs, endMs, failed], i) => {
    const from = Math.max(line.length, Math.round(startMs / columnMs));
    const length = Math.max(i === lane.length - 1 ? 1 : 0, Math.round(endMs / columnMs) - from);
    line = line.padEnd(from) + (failed ? FAILED : REQUEST[i % 2]).repeat(length);
  });
  return line;
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
