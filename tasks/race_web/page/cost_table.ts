/// <reference lib="dom" />
/**
 * What each lane took, in numbers, with a bar in each cell.
 *
 * @module
 */

import { formatBytes } from "../../../lib/core/format_bytes.ts";
import { formatCount } from "../../../lib/core/format_count.ts";
import { formatSeconds } from "../../../lib/core/format_seconds.ts";
import type { Lane } from "../choices.ts";
import type { RunFacts } from "../events.ts";
import { make } from "./dom.ts";
import { extrapolatedSeconds, speed } from "./speed.ts";
import type { Results } from "./verdict.ts";
import { NAMES, sayRoughly } from "./words.ts";

/** A column: what it is called, its number of a run if that is known, and how that is written. */
interface Column {
  title: string;
  of: (facts: RunFacts) => number | undefined;
  write: (value: number) => string;
  /** Whether the least is worth a mark. Default: false. */
  least?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "pages", of: ({ done }) => done, write: formatCount },
  { title: "time", of: ({ seconds }) => seconds, write: formatSeconds, least: true },
  { title: "pages per second", of: speed, write: formatCount },
  { title: "isolates", of: ({ isolates }) => isolates, write: formatCount },
  { title: "connections", of: ({ connections }) => connections, write: formatCount },
  { title: "most in flight", of: ({ mostInFlight }) => mostInFlight, write: formatCount },
  { title: "peak memory", of: ({ memoryBytes }) => memoryBytes, write: formatBytes },
  { title: "CPU time", of: ({ cpuSeconds }) => cpuSeconds, write: formatSeconds },
  {
    title: "CPU per page",
    of: ({ cpuSeconds, done }) => cpuSeconds === undefined || done === 0 ? undefined : cpuSeconds / done,
    write: formatSeconds,
  },
];

/**
 * Fills the table.
 *
 * @param table Where it goes.
 * @param results What each lane came to, in the order of the rows.
 */
export function fillCostTable(table: HTMLTableElement, results: Results): void {
  const entries = Object.entries(results) as [Lane, RunFacts][];
  const titles = ["lane", ...COLUMNS.map(({ title }) => title)].map((title) => {
    const head = make("th", "", title);
    head.scope = "col";
    return head;
  });
  table.tHead?.replaceChildren(make("tr", "", ...titles));
  const scales = COLUMNS.map((column) => scaleOf(column, entries.map(([, facts]) => facts)));
  table.tBodies[0].replaceChildren(...entries.map(([lane, facts]) => {
    const head = make("th", "", NAMES[lane]);
    head.scope = "row";
    const row = make("tr", "", head, ...COLUMNS.map((column, i) => cell(column, facts, scales[i])));
    row.style.setProperty("--ink", `var(--${lane})`);
    return row;
  }));
}

/** The most and the least in a column, of what was measured; times of runs that were stopped aren't those of all pages. */
function scaleOf({ title, of }: Column, all: readonly RunFacts[]): { most: number; least: number } {
  const values = all.filter(({ stopped }) => title !== "time" || !stopped).flatMap((facts) => of(facts) ?? []);
  return { most: Math.max(...values), least: Math.min(...values) };
}

function cell(column: Column, facts: RunFacts, scale: { most: number; least: number }): HTMLTableCellElement {
  const extrapolated = column.title === "time" ? extrapolatedSeconds(facts) : undefined;
  const isUnknown = column.title === "time" && facts.stopped && extrapolated === undefined;
  const value = isUnknown ? undefined : extrapolated ?? column.of(facts);
  if (value === undefined) return make("td", "", "–");
  const bar = make("span", extrapolated === undefined ? "bar" : "bar hatched");
  // What was extrapolated goes beyond what was measured, and beyond the cell
  bar.style.width = `${extrapolated === undefined && scale.most > 0 ? value / scale.most * 100 : 100}%`;
  const isBest = column.least && extrapolated === undefined && value === scale.least;
  const text = extrapolated === undefined ? column.write(value) : `≈ ${sayRoughly(extrapolated)}`;
  return make("td", isBest ? "best" : "", text, bar);
}
