/**
 * Durations as people write them: `250ms`, `1.5s`, `2m`; a plain number is milliseconds.
 *
 * @module
 */

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a duration.
 *
 * @param text A decimal number with the unit `ms`, `s`, `m` or `h`, or with none, which means milliseconds.
 * @returns Milliseconds, zero or more.
 * @throws {RangeError} If the text isn't such a duration.
 */
export function parseDuration(text: string): number {
  const [, number, unit = "ms"] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  if (number === undefined) throw new RangeError(`"${text}" is not a duration such as 250ms, 1.5s or 2m`);
  return Number(number) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}

/**
 * Writes a duration in the unit that suits it.
 *
 * @param ms Milliseconds, zero or more.
 * @returns For example `12ms`, `1s`, `1.06s`, `100.21s`, `20m`.
 */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}ms`;
  if (ms >= 120_000 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return `${(ms / 1_000).toFixed(2).replace(/\.?0+$/, "")}s`;
}
