/**
 * What the page says: of each lane, of each choice, and of times.
 *
 * @module
 */

import { formatCount } from "../../../lib/core/format_count.ts";
import { formatSeconds } from "../../../lib/core/format_seconds.ts";
import type { Delay, Lane, Pages } from "../choices.ts";

/** What each lane is called. */
export const NAMES: Readonly<Record<Lane, string>> = {
  simple: "simple",
  threaded: "threaded",
  async: "async",
  optimized: "optimized",
  download: "download",
  browser: "this browser",
};

/** The idea of each in a few words. */
export const IDEAS: Readonly<Record<Lane, string>> = {
  simple: "asks, waits, asks again",
  threaded: "one request in each Web Worker",
  async: "one isolate waits for all at once",
  optimized: "many requests share a connection",
  download: "the same, written without fetch",
  browser: "fetch in this page, over HTTP/1.1",
};

/** What a race over so many pages shows. */
export const LEADS: Readonly<Record<Pages, string>> = {
  24:
    "The website waits before it answers, and 24 small pages are next to no work. So the lanes differ only in how much of " +
    "the waiting they do at the same time.",
  10_000:
    "With 10,000 pages there is work, too: each must be asked for and read. Now it counts how many wait at the same " +
    "time, over how many connections, and how little is done for each.",
};

/** A delay as it is chosen. */
export function sayDelay(delayMs: Delay): string {
  return formatSeconds(delayMs / 1_000);
}

/** A time that wasn't measured, no finer than it can be known. */
export function sayRoughly(seconds: number): string {
  if (seconds >= 119.5 && seconds < 7_170) return `${Math.round(seconds / 60)} min`;
  return formatSeconds(seconds < 119.5 ? Number(seconds.toPrecision(2)) : seconds);
}

/** So many of something. */
export function count(number: number, word: string): string {
  return `${formatCount(number)} ${word}${number === 1 ? "" : "s"}`;
}

/** Some things in a row: `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** How many times as fast: `6.8`, `5,560`. */
export function times(factor: number): string {
  return formatCount(factor);
}
