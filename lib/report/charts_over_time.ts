/**
 * Charts whose axis is the time since the start: how many requests were in flight, and each of them.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { colorOf, NAME_WIDTH, WIDTH } from "./charts.ts";
import { drawSvg } from "./draw_svg.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import type { Recorded } from "../metrics/summary.ts";

/**
 * How many requests each strategy had on their way at every moment.
 *
 * @param runs What the strategies came to.
 * @returns An SVG element.
 */
export function inFlightChart(runs: readonly Recorded[]): string {
  const data = runs.flatMap(({ strategy, timeline }) =>
    timeline.inFlight.map((count, bin) => ({ strategy, seconds: (bin + 0.5) * timeline.binMs / 1_000, count }))
  );
  const most = Math.max(1, ...data.map(({ count }) => count));
  const ticks = Array.from({ length: Math.floor(Math.log10(most) / 2) + 1 }, (_, step) => 100 ** step);
  return drawSvg("Requests in flight over time, by strategy", {
    width: WIDTH,
    height: runs.length * 84 + 50,
    marginLeft: NAME_WIDTH,
    marginRight: 60,
    fy: { domain: runs.map(({ strategy }) => strategy), label: null, padding: 0.2 },
    x: { label: "time since the start", tickFormat: formatSeconds, ticks: 5 },
    y: { type: "symlog", axis: "right", label: null, ticks, tickFormat: formatCount, grid: true },
    marks: [
      Plot.axisFy({ anchor: "left", tickSize: 0 }),
      Plot.areaY(data, {
        x: "seconds",
        y: "count",
        fy: "strategy",
        fill: colorOf,
        fillOpacity: 0.35,
        curve: "step",
      }),
      Plot.lineY(data, {
        x: "seconds",
        y: "count",
        fy: "strategy",
        stroke: colorOf,
        strokeWidth: 1.5,
        curve: "step",
      }),
    ],
  });
}

/**
 * One strategy's requests as bars in lanes.
 *
 * @param run What the strategy came to.
 * @param options How many seconds the time axis is long, the same for all that are compared; and how wide the chart is.
 * @returns An SVG element.
 */
export function waterfallChart({ strategy, timeline }: Recorded, options: { seconds: number; width?: number }): string {
  const { seconds, width = WIDTH } = options;
  const lanes = Math.max(1, timeline.lanes.length);
  const spans = timeline.lanes.flatMap((lane, y) =>
    lane.map(([start, end, failed], i) => ({ x1: start / 1_000, x2: end / 1_000, y1: y, y2: y + 1, i, failed }))
  );
  const channels = { x1: "x1", x2: "x2", y1: "y1", y2: "y2", insetTop: 0.5, insetBottom: 0.5 };
  const fill = colorOf({ strategy });
  return drawSvg(`Requests of ${strategy} in lanes over time`, {
    width,
    height: lanes * Math.max(3, Math.min(14, 130 / lanes)) + 48,
    marginLeft: 10,
    marginRight: 20,
    marginTop: 6,
    x: {
      domain: [0, seconds],
      label: "time since the start",
      tickFormat: formatSeconds,
      ticks: width / 90,
      grid: true,
    },
    y: { axis: null, domain: [lanes, 0] },
    marks: [
      Plot.rect(spans.filter(({ i, failed }) => !failed && i % 2 === 0), { ...channels, fill }),
      Plot.rect(spans.filter(({ i, failed }) => !failed && i % 2 === 1), { ...channels, fill, fillOpacity: 0.6 }),
      Plot.rect(spans.filter(({ failed }) => failed), { ...channels, fill: "var(--failed)" }),
    ],
  });
}
