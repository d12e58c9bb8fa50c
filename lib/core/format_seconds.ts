/**
 * Times that were measured, for people. (What a person writes on a command line is the matter of `duration.ts`.)
 *
 * @module
 */

import { formatCount } from "./format_count.ts";

/**
 * Writes a time with the three digits that mean something, and a long one in its two largest units.
 *
 * @param seconds Seconds, zero or more.
 * @returns For example `0.13 ms`, `350 ms`, `1.06 s`, `103 s`, `2 min 5 s`, `2 h 48 min`.
 */
export function formatSeconds(seconds: number): string {
  if (seconds >= 119.5) return longTime(seconds);
  if (seconds >= 0.9995 || seconds === 0) return `${threeDigits(seconds)} s`;
  return `${threeDigits(seconds * 1_000)} ms`;
}

function longTime(seconds: number): string {
  const [whole, large, small] = seconds < 3_599.5
    ? [Math.round(seconds), "min", "s"] as const
    : [Math.round(seconds / 60), "h", "min"] as const;
  const rest = whole % 60;
  return `${formatCount(Math.floor(whole / 60))} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
