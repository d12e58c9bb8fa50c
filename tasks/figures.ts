/**
 * README's figures and those of its picture, as they stand in docs/pictures/figures.json. `measure_figures.ts` measures
 * them.
 *
 * @module
 */

import { formatSeconds } from "../lib/core/format_seconds.ts";
import { type Title, TITLES } from "./strategies.ts";

/** When a page was asked for, when it was there, and when its answer began, in milliseconds since the run began. */
export type PageSpan = readonly [startMs: number, endMs: number, firstByteMs: number];

/** A run of few pages, each of which can be seen. */
export interface FewRun {
  /** Seconds from the first request to the last answer. */
  seconds: number;
  /** Its pages, in the order in which they were asked for. */
  pages: readonly PageSpan[];
}

/** A run of many pages. */
export interface LargeRun {
  /** Seconds from the first request to the last answer. */
  seconds: number;
  /** Connections that the website saw. */
  connections: number;
  /** Isolates that downloaded. */
  isolates: number;
  /** The most requests in flight. */
  inFlight: number;
  /** The most memory that the process had, in bytes. */
  peakMemoryBytes: number;
}

/** Runs of the same pages from the same website. */
export interface Load<Run, Name extends string> {
  /** Pages that each run downloads. */
  pages: number;
  /** Milliseconds that the website waits before each answer. */
  delayMs: number;
  /** The runs, by strategy. */
  runs: Readonly<Record<Name, Run>>;
}

/** What README and its picture show. */
export interface Figures {
  /** When it was measured, as an ISO 8601 date. */
  date: string;
  /** The version of Deno. */
  deno: string;
  /** Cores of the machine, which the website shares. */
  cores: number;
  /** Few pages, for the picture. */
  few: Load<FewRun, Exclude<Title, "download">> & Later<FewRun>;
  /** As many pages as the scripts download by default. */
  hundred: Load<LargeRun, "simple" | "threaded" | "async">;
  /** Enough pages to tell the fast strategies apart; `oneCore` is `optimized` without its workers. */
  many: Load<LargeRun, "threaded" | "async" | "oneCore" | "optimized"> & Later<LargeRun>;
}

/** A run of `download`, which figures recorded before there was one don't have. */
export interface Later<Run> {
  /** The runs by their titles. */
  readonly runs: { readonly download?: Run };
}

/** The strategies that figures have. */
export function measuredTitles({ few, many }: Figures): Title[] {
  return TITLES.filter((title) => title !== "download" || few.runs.download && many.runs.download);
}

/** What a run came to that figures must have. */
export function measured<Run>(runs: Readonly<Partial<Record<Title, Run>>>, title: Title): Run {
  const run = runs[title];
  if (run === undefined) throw new Error(`The figures have no run of ${title}`);
  return run;
}

/** The run that took neither the least nor the most time. */
export function medianRun(runs: readonly LargeRun[]): LargeRun {
  return runs.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(runs.length / 2)];
}

/** Seconds that `simple` would take for many pages, by what it takes for a hundred. */
export function projectedSeconds({ hundred, many }: Figures): number {
  return hundred.runs.simple.seconds * many.pages / hundred.pages;
}

/**
 * Writes a time to a tenth of a second, or to a hundredth below one: runs differ by more.
 *
 * @param seconds Seconds, zero or more.
 * @returns For example `0.55 s`, `3.7 s`, `103 s`, `2 min 5 s`, `2 h 47 min`.
 */
export function formatLong(seconds: number): string {
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  return seconds < 99.95 ? `${seconds.toFixed(1)} s` : formatSeconds(seconds);
}
