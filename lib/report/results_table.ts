/**
 * What several strategies came to, side by side.
 *
 * @module
 */

import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { pagesPerSecond, type Result, timesFaster } from "../metrics/speed.ts";
import type { Summary } from "../metrics/summary.ts";

/** Options of {@linkcode resultsTable}. */
export interface TableOptions {
  /** Characters a line may have; ideas are wrapped, or left out, to keep to it. Default: no limit. */
  width?: number;
  /** Leave out memory, as it must be when all ran in one process. Default: false. */
  sharedMemory?: boolean;
}

/** One column: its head and what it says about each result. */
type Column = readonly [head: string, cells: readonly string[], align: "left" | "right"];

const GAP = "  ";
const IDEA_MIN = 14;
const IDEA = 1;

/**
 * A table of results.
 *
 * @param results What each strategy came to.
 * @param options How wide the table may be, and what it leaves out.
 * @returns Lines of text: the table, and below it what one must know to read it right.
 */
export function resultsTable(results: readonly Result[], options: TableOptions = {}): string {
  const summaries = results.map(({ summary }) => summary);
  const factors = timesFaster(summaries);
  const columns: Column[] = [
    ["strategy", summaries.map(({ strategy }) => strategy), "left"],
    ["idea", results.map(({ about }) => about), "left"],
    ["pages", summaries.map(pagesOf), "right"],
    ["time", summaries.map(({ seconds }) => formatSeconds(seconds)), "right"],
    ["pages\nper sec", summaries.map((summary) => formatCount(pagesPerSecond(summary))), "right"],
    ["times faster\nthan simple", factors.map((factor) => factor === undefined ? "-" : formatCount(factor)), "right"],
    ["most\nin flight", summaries.map(({ peakInFlight }) => formatCount(peakInFlight)), "right"],
  ];
  if (!options.sharedMemory) {
    columns.push(["peak\nmemory", summaries.map((each) => `${formatCount(each.peakMemoryBytes / 1e6)} MB`), "right"]);
  }
  const table = draw(columns, options.width ?? Infinity);
  const note = comparisonNote(results);
  return note ? `${table}\n\n${wrap(note, options.width ?? Infinity).join("\n")}` : table;
}

function draw(columns: Column[], width: number): string {
  const widths = columns.map(([head, cells]) =>
    Math.max(...[...head.split("\n"), ...cells].map(({ length }) => length))
  );
  const overflow = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length) - width;
  if (overflow > 0) {
    widths[IDEA] -= overflow;
    if (widths[IDEA] < IDEA_MIN) {
      columns = columns.toSpliced(IDEA, 1);
      widths.splice(IDEA, 1);
    }
    if (widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length) > width) return stacked(columns, width);
  }
  const rows = [columns.map(([head]) => head), ...columns[0][1].map((_, y) => columns.map(([, cells]) => cells[y]))];
  return rows.flatMap((cells) => {
    const wrapped = cells.map((cell, x) => wrap(cell, widths[x]));
    return Array.from(
      { length: Math.max(...wrapped.map(({ length }) => length)) },
      (_, y) =>
        columns.map(([, , align], x) => {
          const text = wrapped[x][y] ?? "";
          return align === "left" ? text.padEnd(widths[x]) : text.padStart(widths[x]);
        }).join(GAP).trimEnd(),
    );
  }).join("\n");
}

/** For a narrow terminal: each strategy's name, and below it what a row would say, a line each. */
function stacked([[, names], ...columns]: Column[], width: number): string {
  const heads = columns.map(([head]) => head.replaceAll("\n", " "));
  const column = Math.max(...heads.map(({ length }) => length)) + 2 * GAP.length;
  return names.map((name, y) =>
    [
      name,
      ...columns.flatMap(([, cells], x) => {
        const line = (GAP + heads[x]).padEnd(column) + cells[y];
        return line.length <= width ? [line] : [GAP + heads[x], GAP + GAP + cells[y]];
      }),
    ].join("\n")
  ).join("\n");
}

/** Breaks a text where it does itself, and between words so that lines keep to a width, if no word is longer. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    for (const word of line.split(" ")) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

function pagesOf({ done, asked }: Summary): string {
  return done === asked ? formatCount(asked) : `${formatCount(done)} of ${formatCount(asked)}`;
}

/** What the factors mean, where that isn't plain. */
function comparisonNote(results: readonly Result[]): string | undefined {
  const pages = new Set(results.map(({ summary }) => summary.asked));
  if (results.length < 2 || pages.size < 2) return undefined;
  return `Not all had the same number of pages, so "times faster" compares pages per second.`;
}
