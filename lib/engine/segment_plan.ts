/**
 * Which part of a body the next connection should fetch: what is left is split in half where that takes longest, so that all
 * connections end at about the same time, the last one too.
 *
 * @module
 */

/** Bytes of a body, which are to come if nothing else is said: from `at` to before `end`. */
export interface Segment {
  /** The next byte. */
  at: number;
  /** The byte after the last one. */
  end: number;
}

/**
 * What is missing of a body.
 *
 * @param extents What there is, in order.
 * @param length Bytes of the whole.
 */
export function gapsIn(extents: readonly Segment[], length: number): Segment[] {
  const gaps: Segment[] = [];
  let at = 0;
  for (const extent of [...extents, { at: length, end: length }]) {
    if (extent.at > at) gaps.push({ at, end: extent.at });
    at = Math.max(at, extent.end);
  }
  return gaps;
}

/** A segment that is coming. */
export interface Flow {
  /** What is to come of it. */
  readonly segment: Segment;
  /** Bytes per second, lately; undefined while that isn't known. */
  readonly perSecond: number | undefined;
  /** Milliseconds since it was asked for. */
  readonly ageMs: number;
  /** Whether it waits for this machine, and not for its server. */
  readonly isHeld: boolean;
}

/** Bytes from which on a segment is split whose speed isn't known yet: each half is worth a connection. */
const SPLIT_FROM = 2 ** 21;

/** Bytes, and seconds that they take, from which on a segment is split whose speed is known: several round trips. */
const [SPLIT_SLOW_FROM, SPLIT_SECONDS] = [2 ** 17, 0.4];

/** Times that a segment is slower than the fastest one has been when its connection is given up for another. */
const LAG = 8;

/** Milliseconds within which no connection is given up: it may still be getting faster. */
const LAG_AGE_MS = 1_000;

/** Seconds that the rest must take for that: about what another connection costs, several times over. */
const LAG_SECONDS = 1;

/** Bytes that are to come. */
export function leftOf({ at, end }: Segment): number {
  return end - at;
}

/** Seconds that the rest takes at the speed that there is; more than any other while that isn't known. */
function secondsLeft({ segment, perSecond }: Flow): number {
  return perSecond === undefined ? leftOf(segment) : leftOf(segment) / Math.max(perSecond, 1);
}

/**
 * The one that takes longest.
 *
 * @param flows What is coming.
 * @returns Undefined if there is none.
 */
export function longest<T extends Flow>(flows: Iterable<T>): T | undefined {
  let most: T | undefined;
  for (const flow of flows) if (most === undefined || secondsLeft(flow) > secondsLeft(most)) most = flow;
  return most;
}

/** Whether a segment is worth another connection, which fetches the second half of it. */
export function isWorthSplitting({ segment, perSecond }: Flow): boolean {
  const left = leftOf(segment);
  if (perSecond === undefined) return left >= SPLIT_FROM;
  return left >= SPLIT_SLOW_FROM && left / Math.max(perSecond, 1) >= SPLIT_SECONDS;
}

/**
 * Splits a segment in half.
 *
 * @param segment Is left with the first half.
 * @returns The second half.
 */
export function split(segment: Segment): Segment {
  const { end } = segment;
  segment.end = segment.at + Math.ceil(leftOf(segment) / 2);
  return { at: segment.end, end };
}

/**
 * Whether a connection lags so far behind the others that what is left is better fetched over another one.
 *
 * @param flow What comes over it.
 * @param fastest Bytes per second of the fastest one so far.
 */
export function lagsBehind(flow: Flow, fastest: number): boolean {
  const { perSecond, ageMs, isHeld } = flow;
  if (perSecond === undefined || isHeld || ageMs < LAG_AGE_MS) return false;
  return perSecond * LAG < fastest && secondsLeft(flow) > LAG_SECONDS;
}
