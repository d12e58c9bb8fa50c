/**
 * From repeated measurements to what a table says.
 *
 * @module
 */

/** The middle of several measurements, and how far they are apart. */
export interface Spread {
  /** The middle one, or the mean of the two in the middle. */
  median: number;
  /** The least. */
  min: number;
  /** The greatest. */
  max: number;
}

/**
 * The middle of numbers: unlike the mean, it hardly moves when one run was disturbed.
 *
 * @param numbers At least one, in any order.
 * @returns The middle one, or the mean of the two in the middle.
 * @throws {RangeError} If there are none.
 */
export function median(numbers: readonly number[]): number {
  if (numbers.length === 0) throw new RangeError("No numbers have no median");
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Median, least and greatest.
 *
 * @param numbers At least one, in any order.
 * @throws {RangeError} If there are none.
 */
export function spread(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/**
 * How many times as much as a yardstick: the median of the ratios of what was measured in the same round, so that a
 * machine that was slow for a while was slow for both.
 *
 * @param numbers Measurements by round.
 * @param yardstick The yardstick's, by round.
 * @returns The ratio; undefined if no round has both.
 */
export function pairedRatio(numbers: readonly number[], yardstick: readonly number[]): number | undefined {
  const rounds = Math.min(numbers.length, yardstick.length);
  if (rounds === 0) return undefined;
  const ratios = Array.from({ length: rounds }, (_, round) => numbers[round] / yardstick[round]).filter(
    Number.isFinite,
  );
  return ratios.length ? median(ratios) : undefined; // CPU seconds of a short run may be counted as 0
}
