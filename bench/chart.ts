/**
 * A table as a picture.
 *
 * @module
 */

import * as echarts from "echarts";
import type { Comparison } from "./compare.ts";
import { median } from "./statistics.ts";
import type { Table } from "./tables.ts";

const WIDTH = 800;
const HEIGHT = 420;

/**
 * Draws a table that has a chart: a line for every client. Both axes suit what grows by factors of ten.
 *
 * @param table What was compared.
 * @param comparisons What was measured, by load.
 * @returns SVG; undefined if the table has no chart, or no two points.
 */
export function drawChart({ title, chart }: Table, comparisons: readonly Comparison[]): string | undefined {
  if (!chart || comparisons.length < 2) return undefined;
  const { x, y, label } = chart;
  const names = [...new Set(comparisons.flatMap(({ rows }) => rows.map(({ peer }) => peer)))];
  const point = ({ load, rows }: Comparison, name: string) => {
    const row = rows.find(({ peer }) => peer === name);
    if (!row?.runs.length || row.failure) return null;
    const seconds = median(row.runs.map((run) => run.seconds));
    return Number((y === "rate" ? load.trials / seconds : seconds).toPrecision(4));
  };
  const picture = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  picture.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: title, left: "center" },
    legend: { bottom: 0 },
    grid: { left: 80, right: 40, top: 50, bottom: 80 },
    xAxis: {
      type: "category",
      name: x,
      nameLocation: "middle",
      nameGap: 28,
      data: comparisons.map(({ load }) => label(load)),
    },
    yAxis: { type: "log", name: y === "rate" ? "pages a second" : "seconds" },
    series: names.map((name) => ({
      name,
      type: "line" as const,
      data: comparisons.map((comparison) => point(comparison, name)),
      lineStyle: { width: name === "optimized" ? 4 : 2 },
    })),
  });
  const svg = picture.renderToSVGString();
  picture.dispose();
  return svg;
}
