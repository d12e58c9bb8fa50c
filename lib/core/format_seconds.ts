/**
 * Times that were measured, for people. (What a person writes on a command line is the matter of `duration.ts`.)
 *
 * @module
 */

/**
 * Writes a time with the three digits that mean something.
 *
 * @param seconds Seconds, zero or more.
 * @returns For example `10,051 s`, `1.06 s`, `350 ms`, `0.13 ms`.
 */
export function formatSeconds(seconds: number): string {
  if (seconds >= 0.9995 || seconds === 0) return `${threeDigits(seconds)} s`;
  return `${threeDigits(seconds * 1_000)} ms`;
}

function threeDigits(value: number): string {
  if (value >= 1_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  return String(Number(value.toPrecision(3)));
}
