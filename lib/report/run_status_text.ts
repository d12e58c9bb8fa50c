/**
 * How a run on many machines stands, in words.
 *
 * @module
 */

import type { StalledHost } from "../cluster/stalled_hosts.ts";
import type { WholeRun } from "../cluster/whole_run.ts";
import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { printableLine } from "../core/printable.ts";
import { timeFor } from "./progress_line.ts";

/** Machines, kinds of failures and stalled hosts that are listed; more are counted. */
const LISTED = 10;

/** Columns of the longest line where there is no terminal. */
const WIDTH = 100;

/**
 * The text of `--status`.
 *
 * @param run How the run stands.
 * @param options The columns there are (default 100), and the time in milliseconds since the epoch (default: now).
 * @returns Lines, none of which is longer.
 */
export function statusLines(run: WholeRun, options: { width?: number; now?: number } = {}): string[] {
  const { width = WIDTH, now = Date.now() } = options;
  const { totals, figures, failures, machines, stalled } = run;
  const { done, skipped, failed } = totals;
  const lines = [
    ...filled([`run ${run.name}`, stateOf(run), sharePart(run)], width),
    ...filled(paceParts(run), width),
    ...filled([`${formatCount(done)} done`, `${formatCount(skipped)} skipped`, `${formatCount(failed)} failed`], width),
    ...percentileLines("first byte", figures.firstByte.percentiles(), width),
    ...percentileLines("whole", figures.total.percentiles(), width),
  ];
  lines.push(...listed(failures, ({ kind, count, example }) => [
    `${formatCount(count)} failed (${kind}), for example ${example.url}`,
    `  ${example.message}`,
  ]));
  if (!run.isFinished) {
    lines.push(...filled([
      `${count(machines.length, "machine")}`,
      count(run.partitions, "partition"),
      ...run.free > 0 ? [`${formatCount(run.free)} not taken`] : [],
    ], width));
    lines.push(...listed(machines, ({ name, partitions, perSecond }) => [
      `  ${fitted(name, 16)}  ${count(partitions.length, "partition")}${rate(perSecond)}`,
    ], "  "));
  }
  if (stalled.length > 0) lines.push(`${count(stalled.length, "stalled host")}:`);
  lines.push(...listed(stalled, (host) => [`  ${fitted(host.host, 20)}  ${whyStalled(host, now)}`], "  "));
  return lines.map((line) => fitted(printableLine(line), width));
}

/**
 * One line for a log.
 *
 * @param run How the run stands.
 * @returns For example `45%, 4,500/10,000, 2,410/s, 98 MB/s, 3s left, 3 machines, 2 failed, 1 stalled host`.
 */
export function statusLine(run: WholeRun): string {
  const { totals: { done, failed }, machines, stalled } = run;
  return [
    ...run.isPublished ? [`${Math.floor(shareOf(run) * 100)}%`] : [],
    `${formatCount(done)}/${formatCount(run.found)}`,
    ...paceParts(run),
    count(machines.length, "machine"),
    `${formatCount(failed)} failed`,
    ...stalled.length > 0 ? [count(stalled.length, "stalled host")] : [],
  ].join(", ");
}

/**
 * The same for programs.
 *
 * @param run How the run stands.
 * @returns Plain data.
 */
export function statusData(run: WholeRun): Record<string, unknown> {
  const { name, partitions, found, isPublished, isFinished, totals, figures, failures, seconds } = run;
  const { perSecond, bytesPerSecond, machines, free, stalled } = run;
  const { requests, retries, duplicates, unwanted } = figures;
  return {
    ...{ run: name, found, isPublished, isFinished, ...totals, duplicates, unwanted, requests, retries, seconds },
    ...{ perSecond, bytesPerSecond },
    firstByteMs: figures.firstByte.percentiles(),
    totalMs: figures.total.percentiles(),
    failures,
    ...{ partitions, notTaken: free, machines },
    stalled: stalled.map(({ until, ...host }) => ({ ...host, until: new Date(until).toISOString() })),
  };
}

function stateOf({ isFinished, isPublished, machines }: WholeRun): string {
  if (isFinished) return "finished";
  if (machines.length === 0) return "nobody works on it";
  return isPublished ? "going on" : "going on, still being published";
}

function sharePart(run: WholeRun): string {
  const { found, isPublished } = run;
  const { done, skipped, failed } = run.totals;
  const ended = `${formatCount(done + skipped + failed)} of ${formatCount(found)}`;
  return isPublished ? `${ended} (${Math.floor(shareOf(run) * 100)}%)` : `${ended} so far`;
}

/** Of nothing, everything is done. */
function shareOf({ found, totals: { done, skipped, failed } }: WholeRun): number {
  return found === 0 ? 1 : (done + skipped + failed) / found;
}

function paceParts(run: WholeRun): string[] {
  const { perSecond, bytesPerSecond, totals, found, isPublished, isFinished, seconds } = run;
  const left = found - totals.done - totals.skipped - totals.failed;
  return [
    `${formatCount(perSecond)}/s`,
    `${formatBytes(bytesPerSecond)}/s`,
    ...isPublished && !isFinished && perSecond > 0 ? [`${timeFor(left / perSecond)} left`] : [],
    ...isFinished ? [formatBytes(totals.bytes), `in ${formatSeconds(seconds)}`] : [],
  ];
}

function percentileLines(
  what: string,
  percentiles: { p50: number; p90: number; p99: number; max: number } | undefined,
  width: number,
): string[] {
  if (percentiles === undefined) return [];
  const parts = Object.entries(percentiles).map(([name, ms]) => `${name} ${formatSeconds(ms / 1_000)}`);
  return filled([what, ...parts], width);
}

function whyStalled({ why, until }: StalledHost, now: number): string {
  const when = until > now ? `asked again in ${timeFor((until - now) / 1_000)}` : "asked again now";
  if (why === "given-up") return "given up";
  return `${why === "retry-after" ? "Retry-After" : "circuit open"}, ${when}`;
}

function rate(perSecond: number | undefined): string {
  return perSecond === undefined ? "" : `  ${formatCount(perSecond)}/s`;
}

function count(number: number, what: string): string {
  return `${formatCount(number)} ${what}${number === 1 ? "" : "s"}`;
}

/** The first ones, and how many more there are. */
function listed<T>(all: readonly T[], linesOf: (each: T) => string[], indent = ""): string[] {
  const rest = all.length - LISTED;
  return [...all.slice(0, LISTED).flatMap(linesOf), ...rest > 0 ? [`${indent}and ${formatCount(rest)} more`] : []];
}

/** Parts in as few lines as they fit into. */
function filled(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= width) lines[lines.length - 1] = `${last}  ${part}`;
    else lines.push(part);
  }
  return lines;
}

/** A text that isn't longer. */
function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
