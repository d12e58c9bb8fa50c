/**
 * A table as a picture.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { drawSvg } from "./draw_svg.ts";
import { formatCount } from "../lib/core/format_count.ts";
import { formatSeconds } from "../lib/core/format_seconds.ts";
import type { Comparison } from "./compare.ts";
import { median } from "./statistics.ts";
import { palette } from "../lib/core/palette.ts";
import type { Table } from "./tables.ts";

const WIDTH = 720;
const ROW_HEIGHT = 20;

/** Our scripts have the colours that they have everywhere; what they are compared with has none. */
const OURS: Record<string, string> = palette("light");
const OTHERS = OURS.peer;

/** Room for the names of clients and, left of them, of loads. */
const NAMES_WIDTH = 240;
const CLIENTS_WIDTH = 110;

/**
 * Draws a table that has a chart: for every load a group of rows, and in it a row for every client. The axis is
 * logarithmic, which suits what grows by factors of ten.
 *
 * @param table What was compared.
 * @param comparisons What was measured, by load.
 * @returns An SVG document; undefined if the table has no chart, or no two loads.
 */
export function drawChart({ title, chart }: Table, comparisons: readonly Comparison[]): string | undefined {
  if (!chart || comparisons.length < 2) return undefined;
  const { x, y, label } = chart;
  const data = comparisons.flatMap(({ load, rows }) =>
    rows.filter(({ runs, failure }) => runs.length > 0 && !failure).map(({ peer, runs }) => {
      const seconds = median(runs.map((run) => run.seconds));
      return { group: label(load), peer, value: y === "rate" ? load.trials / seconds : seconds };
    })
  );
  if (data.length === 0) return undefined;
  const values = data.map(({ value }) => value);
  const least = 10 ** Math.floor(Math.log10(Math.min(...values) * 0.99));
  const most = 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.01));
  const format = y === "rate" ? formatCount : formatSeconds;
  const fill = ({ peer }: { peer: string }) => OURS[peer] ?? OTHERS;
  const groups = [...new Set(data.map(({ group }) => group))];
  const peers = [...new Set(data.map(({ peer }) => peer))];
  const channels = { fy: "group", y: "peer" };
  const svg = drawSvg(title, {
    width: WIDTH,
    height: groups.length * (peers.length + 1) * ROW_HEIGHT + 80,
    marginTop: 30,
    marginLeft: NAMES_WIDTH,
    marginRight: 80,
    style: { fontSize: "13px", background: OURS.ground, color: OURS.text },
    fy: { domain: groups, label: x, padding: 1 / (peers.length + 1) },
    y: { domain: peers, label: null, axis: null },
    x: {
      type: "log",
      domain: [least, most],
      grid: true,
      label: `${y === "rate" ? "pages per second" : "seconds"} (logarithmic)`,
      tickFormat: (value: number) => Number.isInteger(Math.log10(value)) ? format(value) : "",
    },
    marks: [
      Plot.axisFy({ anchor: "left", tickSize: 0, dx: -CLIENTS_WIDTH }),
      Plot.axisY({ tickSize: 0 }),
      Plot.ruleY(data, { ...channels, x1: least, x2: "value", stroke: fill, strokeWidth: 2 }),
      Plot.dot(data, { ...channels, x: "value", fill, r: 5 }),
      Plot.text(data, { ...channels, x: "value", text: ({ value }) => format(value), textAnchor: "start", dx: 10 }),
    ],
  });
  return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '); // a document of its own needs it
}
