/**
 * What can be chosen on the page of the race, and nothing else: the page offers it, and the server takes nothing else.
 *
 * @module
 */

import type { Title } from "../strategies.ts";

/** Who takes part, in the order of the page: the five strategies, and the browser that shows them. */
export type Lane = Title | "browser";

/** How many pages a race may have: few enough to see each, or enough to tell the fast ones apart. */
export const PAGE_CHOICES = [24, 10_000] as const;

/** How long the website may wait before each answer, in milliseconds. */
export const DELAY_CHOICES = [100, 500, 1_000, 2_000] as const;

/** The delay that each number of pages begins with: those of `deno task race` and `deno task demo`. */
export const DEFAULT_DELAY: Readonly<Record<Pages, Delay>> = { 24: 500, 10_000: 1_000 };

/** The lanes, from the slowest strategy to the fastest, and then the browser. */
export const LANES: readonly Lane[] = ["simple", "threaded", "async", "optimized", "download", "browser"];

/** One of {@linkcode PAGE_CHOICES}. */
export type Pages = (typeof PAGE_CHOICES)[number];

/** One of {@linkcode DELAY_CHOICES}. */
export type Delay = (typeof DELAY_CHOICES)[number];

/** What was chosen. */
export interface Choice {
  /** Pages that each downloads. */
  pages: Pages;
  /** Milliseconds that the website waits before each answer. */
  delayMs: Delay;
}

/**
 * Milliseconds after which a run of many pages is stopped if it hasn't got through: as long as it is worth looking at those
 * that can't in any time, and longer than the others need on a slow machine. What is missing is extrapolated, and says so.
 */
const MANY_LIMIT_MS: Readonly<Record<Lane, number>> = {
  ...{ simple: 10_000, threaded: 10_000, browser: 10_000 },
  ...{ async: 40_000, optimized: 40_000, download: 40_000 },
};

/** Milliseconds after which a run of few pages is stopped: twice what `simple` takes at the longest delay. */
const FEW_LIMIT_MS = 100_000;

/** When the run of a lane is stopped, in milliseconds since it began. */
export function limitMs(lane: Lane, { pages }: Choice): number {
  return pages > 100 ? MANY_LIMIT_MS[lane] : FEW_LIMIT_MS;
}

/**
 * Reads what the page sends.
 *
 * @param given Anything that came from outside.
 * @returns What was chosen; `undefined` if it isn't offered.
 */
export function readChoice(given: unknown): Choice | undefined {
  if (typeof given !== "object" || given === null || !("pages" in given) || !("delayMs" in given)) return undefined;
  const pages = PAGE_CHOICES.find((choice) => choice === given.pages);
  const delayMs = DELAY_CHOICES.find((choice) => choice === given.delayMs);
  return pages === undefined || delayMs === undefined ? undefined : { pages, delayMs };
}
