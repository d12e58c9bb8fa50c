/**
 * Comparisons as Markdown.
 *
 * @module
 */

import type { Comparison, Run } from "./compare.ts";
import { count, describeLoad } from "./load.ts";
import type { Row } from "./rounds.ts";
import { median, pairedRatio, spread } from "./statistics.ts";

/**
 * A table.
 *
 * @param head The columns' names.
 * @param rows What stands in them. Columns in which every cell is a number, a range or empty are aligned to the right.
 * @returns Markdown, every column as wide as its widest cell.
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = head.map((_, column) => rows.every((row) => /^[\d.,-]*$/.test(row[column])));
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = `| ${
    widths.map((width, i) => numeric[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)).join(" | ")
  } |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

const HEAD = ["client", "s", "min-max", "ratio", "inside s", "inside ratio", "pages/s", "CPU s", "us/page"]
  .concat("CPU ratio", "server CPU s", "MB", "in flight", "connections");

/**
 * A comparison: a heading, a table, and who isn't in it.
 *
 * @param comparison What was measured.
 * @param yardstick The client that the ratios are to.
 * @returns Markdown.
 */
export function comparisonMarkdown(comparison: Comparison, yardstick: string): string {
  const { load, rows, leftOut } = comparison;
  const reference = rows.find(({ peer }) => peer === yardstick)?.runs ?? [];
  const measured = rows.filter(({ runs, failure }) => runs.length > 0 && !failure);
  const parts = [`### ${describeLoad(load)}`];
  if (measured.length) parts.push(markdownTable(HEAD, measured.map((row) => cells(row, reference, load.trials))));
  const notes = [
    ...rows.filter(({ runs }) => runs.length > 0 && runs.length < comparison.repeats)
      .filter(({ failure }) => !failure).map(({ peer }) => `- ${peer}: run once, because it takes long`),
    ...rows.filter(({ failure }) => failure).map(({ peer, failure }) => `- ${peer} failed: ${oneLine(failure)}`),
    ...leftOut.map(({ peer, why }) => `- ${peer} left out: ${why}`),
  ];
  if (notes.length) parts.push(notes.join("\n"));
  return parts.join("\n\n");
}

function cells({ peer, runs }: Row<Run>, reference: readonly Run[], trials: number): string[] {
  const all = (read: (run: Run) => number | undefined) => runs.map(read).filter((value) => value !== undefined);
  const middle = (read: (run: Run) => number | undefined) => {
    const values = all(read);
    return values.length ? median(values) : undefined;
  };
  const seconds = spread(all((run) => run.seconds));
  const inside = (run: Run) => run.insideSeconds;
  const ratio = (read: (run: Run) => number | undefined) => {
    const of = (run: Run) => read(run) ?? NaN;
    return fixed(pairedRatio(runs.map(of), reference.map(of)));
  };
  return [
    peer,
    fixed(seconds.median),
    `${fixed(seconds.min)}-${fixed(seconds.max)}`,
    ratio((run) => run.seconds),
    fixed(middle(inside)),
    ratio(inside),
    count(Math.round(trials / seconds.median)),
    fixed(middle((run) => run.cpuSeconds)),
    ((middle((run) => run.cpuSeconds) ?? 0) / trials * 1e6).toFixed(1),
    ratio((run) => run.cpuSeconds),
    fixed(middle((run) => run.serverCpuSeconds)),
    count(Math.round((middle((run) => run.peakMemoryBytes) ?? 0) / 1e6)),
    whole(middle((run) => run.peakInFlight)),
    whole(middle((run) => run.connections)),
  ];
}

function whole(number: number | undefined): string {
  return number === undefined ? "" : count(Math.round(number));
}

function fixed(number: number | undefined): string {
  return number === undefined || Number.isNaN(number) ? "" : number.toFixed(2);
}

function oneLine(text = ""): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
