/**
 * Charts of runs as SVG, drawn by Observable Plot.
 *
 * Colours are CSS variables (`--simple`, `--failed`, ...) and text has the colour of the text around it, so that one
 * drawing is right on light and on dark ground. Every strategy has a row of its own, so none is told by colour alone.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { drawSvg } from "./draw_svg.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { pagesPerSecond } from "../metrics/speed.ts";
import type { Recorded, Summary } from "../metrics/summary.ts";

/** Width of a chart in the units of its own text: readable on a phone when shrunk, and beside another on a desk. */
export const WIDTH = 480;
const ROW_HEIGHT = 34;
/** Room for the name of a strategy, in the same units. */
export const NAME_WIDTH = 76;
const VALUE_WIDTH = 72;

/** Something about a strategy, to be drawn into its row. */
interface Datum {
  strategy: string;
  value: number;
}

/** The colour of a strategy. */
export const colorOf = ({ strategy }: { strategy: string }): string => `var(--${strategy})`;

/**
 * How long each strategy took, on a logarithmic axis.
 *
 * @param summaries What the strategies came to.
 * @returns An SVG element.
 */
export function timeChart(summaries: readonly Summary[]): string {
  const sameTrials = new Set(summaries.map(({ done }) => done)).size === 1;
  const data = summaries.filter(({ done }) => done > 0).map((summary) => ({
    strategy: summary.strategy,
    value: sameTrials ? summary.seconds : 1 / pagesPerSecond(summary),
  }));
  const values = data.map(({ value }) => value);
  const least = 10 ** Math.floor(Math.log10(Math.min(1, ...values) / 2));
  return rows("Time by strategy, logarithmic", data, {
    x: {
      type: "log",
      domain: [least, 10 ** Math.ceil(Math.log10(Math.max(least * 10, ...values)))],
      tickFormat: (seconds: number) => Number.isInteger(Math.log10(seconds)) ? formatSeconds(seconds) : "",
      label: sameTrials ? "time for all pages (logarithmic)" : "time for a page on average (logarithmic)",
      grid: true,
    },
    marks: [
      Plot.ruleY(data, { y: "strategy", x1: least, x2: "value", stroke: colorOf, strokeWidth: 3 }),
      Plot.dot(data, { y: "strategy", x: "value", fill: colorOf, r: 6 }),
      valueLabels(data, formatSeconds),
    ],
  });
}

/**
 * The most memory each strategy's process had.
 *
 * @param summaries What the strategies came to.
 * @returns An SVG element.
 */
export function memoryChart(summaries: readonly Summary[]): string {
  const data = summaries.map(({ strategy, peakMemoryBytes }) => ({ strategy, value: peakMemoryBytes / 1e6 }));
  return bars("Peak memory by strategy", data, { label: "peak memory in MB", format: (mb) => `${formatCount(mb)} MB` });
}

/**
 * How much each strategy's process computed for a page.
 *
 * @param summaries What the strategies came to.
 * @returns An SVG element.
 */
export function cpuChart(summaries: readonly Summary[]): string {
  const data = summaries.filter(({ done, cpuSeconds }) => done > 0 && cpuSeconds !== undefined)
    .map(({ strategy, done, cpuSeconds = 0 }) => ({ strategy, value: cpuSeconds / done * 1_000 }));
  return bars("CPU time for a page, by strategy", data, {
    label: "CPU time for a page in ms",
    format: (ms) => formatSeconds(ms / 1_000),
  });
}

/**
 * Failures by strategy and kind.
 *
 * @param summaries What the strategies came to.
 * @returns An SVG element.
 */
export function failureChart(summaries: readonly Summary[]): string {
  const data = summaries.flatMap(({ strategy, failures }) =>
    failures.map(({ kind, count }) => ({ strategy: `${strategy}: ${kind}`, value: count }))
  );
  return bars("Failures by strategy and kind", data, {
    label: "failed pages",
    format: formatCount,
    nameWidth: 190,
    fill: "var(--failed)",
    ticks: Math.min(5, ...data.map(({ value }) => value)),
  });
}

/**
 * How long requests took: the span from the fastest to the slowest, thicker from the 10th to the 90th percentile, a dot
 * for the median and a stroke for the 99th.
 *
 * @param runs What the strategies came to.
 * @returns An SVG element.
 */
export function latencyChart(runs: readonly Recorded[]): string {
  const data = runs.filter(({ timeline }) => timeline.latency.length > 0).map(({ strategy, timeline }) => {
    const at = new Map(timeline.latency.map(([percentile, ms]) => [percentile, ms / 1_000]));
    return {
      strategy,
      value: 0,
      least: at.get(0),
      p10: at.get(10),
      p50: at.get(50),
      p90: at.get(90),
      p99: at.get(99),
      most: at.get(100),
    };
  });
  return rows("Latency by strategy", data, {
    x: {
      label: "time from a request to the end of its answer",
      tickFormat: formatSeconds,
      zero: true,
      ticks: 5,
      grid: true,
    },
    marks: [
      Plot.ruleY(data, { y: "strategy", x1: "least", x2: "most", stroke: colorOf, strokeWidth: 1.5 }),
      Plot.ruleY(data, { y: "strategy", x1: "p10", x2: "p90", stroke: colorOf, strokeWidth: 8, strokeOpacity: 0.5 }),
      Plot.tickX(data, { y: "strategy", x: "p99", stroke: colorOf, strokeWidth: 2, inset: 5 }),
      Plot.dot(data, { y: "strategy", x: "p50", fill: colorOf, r: 5 }),
    ],
  });
}

/** What a bar says, and below what axis. */
interface BarOptions {
  label: string;
  format: (value: number) => string;
  /** Room for the names of bars. Default: that for the name of a strategy. */
  nameWidth?: number;
  /** The colour of all bars. Default: each strategy's own. */
  fill?: string;
  /** Marks on the axis. Default: about 5. */
  ticks?: number;
}

/** A bar from zero for each strategy. */
function bars(title: string, data: readonly Datum[], options: BarOptions): string {
  const { label, format, nameWidth, fill = colorOf, ticks = 5 } = options;
  return rows(title, data, {
    marginLeft: nameWidth,
    x: { label, grid: true, ticks, tickFormat: formatCount },
    marks: [
      Plot.barX(data, { y: "strategy", x: "value", fill, insetTop: 6, insetBottom: 6 }),
      valueLabels(data, format),
      Plot.ruleX([0]),
    ],
  });
}

function valueLabels(data: readonly Datum[], format: (value: number) => string) {
  const text = ({ value }: Datum) => format(value);
  return Plot.text(data, { y: "strategy", x: "value", text, textAnchor: "start", dx: 10 });
}

/** A chart with a row for each strategy. */
function rows(title: string, data: readonly Datum[], options: Plot.PlotOptions): string {
  return drawSvg(title, {
    width: WIDTH,
    ...options,
    height: Math.max(1, data.length) * ROW_HEIGHT + 48,
    marginTop: 6,
    marginLeft: options.marginLeft ?? NAME_WIDTH,
    marginRight: VALUE_WIDTH,
    y: { domain: data.map(({ strategy }) => strategy), label: null, tickSize: 0 },
  });
}
