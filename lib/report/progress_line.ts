/**
 * How far a run is, in one line of text: for a log as it is, for a terminal with a bar and cut to its width.
 *
 * @module
 */

import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";

/** How far a run is. */
export interface ProgressFacts {
  /** Downloads there are; absent for a list whose length isn't known. */
  asked?: number;
  /** Downloads that ended well. */
  done: number;
  /** Downloads that needn't be made. */
  skipped: number;
  /** Downloads that failed for good. */
  failed: number;
  /** Downloads on their way. */
  inFlight: number;
  /** How much of those on their way has come, 1 for a whole one, as far as that is known. */
  parts: number;
  /** Downloads that ended per second, lately. */
  perSecond: number;
  /** The same, parts of those on their way included. */
  wholePerSecond: number;
  /** Bytes that have come; absent where nobody wants to know. */
  bytes?: number;
  /** Bytes that came per second, lately. */
  bytesPerSecond?: number;
  /** Seconds since the start; absent where nobody wants to know. */
  elapsedSeconds?: number;
}

const BAR_MIN = 8;
const BAR_MAX = 40;

/**
 * A line for a log.
 *
 * @param facts How far the run is.
 * @returns For example `45%, 4,500/10,000, 2,410/s, 3s left, 5,500 in flight, 2 failed`.
 */
export function progressText(facts: ProgressFacts): string {
  return fields(facts).map(({ text }) => text.trim()).join(", ");
}

/**
 * A line for a terminal: the same facts, and a bar in the room they leave. What matters least is left out first.
 *
 * @param facts How far the run is.
 * @param options The columns there are, and what the line starts with (default: nothing).
 * @returns A line that isn't longer than `width`.
 */
export function progressBar(facts: ProgressFacts, options: { width: number; title?: string }): string {
  const all = fields(facts);
  const title = options.title ? `${options.title}  ` : "";
  let room = options.width - title.length;
  const shown = new Set<string>();
  for (const { text } of all.toSorted((a, b) => a.rank - b.rank)) {
    const length = text.length + (shown.size > 0 ? 2 : 0);
    if (length > room) continue;
    shown.add(text);
    room -= length;
  }
  const texts = all.filter(({ text }) => shown.has(text)).map(({ text }) => text);
  if (facts.asked !== undefined && room >= BAR_MIN + 2) texts.unshift(bar(facts, Math.min(room - 2, BAR_MAX)));
  return (title + texts.join("  ")).slice(0, options.width);
}

/** What is said, in the order it is said in; those with the lowest rank matter most. */
function fields(facts: ProgressFacts): { rank: number; text: string }[] {
  const { asked, done, skipped, failed, inFlight, parts, perSecond, bytes, bytesPerSecond = 0, elapsedSeconds } = facts;
  const total = asked === undefined ? undefined : formatCount(asked);
  const left = secondsLeft(facts);
  return [
    ...total === undefined ? [{ rank: 0, text: `${formatCount(done)} done` }] : [
      { rank: 0, text: `${Math.floor(share(facts) * 100)}%`.padStart(4) },
      { rank: 2, text: `${formatCount(done).padStart(total.length)}/${total}` },
    ],
    ...left === undefined ? [] : [{ rank: 4, text: `${timeFor(left)} left` }],
    { rank: 6, text: `${formatCount(perSecond)}/s` },
    ...bytes === undefined ? [] : [
      { rank: 5, text: formatBytes(bytes) },
      { rank: 3, text: `${formatBytes(bytesPerSecond)}/s` },
    ],
    // Where the length of the list isn't known yet, it is still known how far a file is that is alone on its way
    asked === undefined && inFlight === 1 && parts > 0
      ? { rank: 2, text: `1 in flight (${Math.floor(parts * 100)}%)` }
      : { rank: 7, text: `${formatCount(inFlight)} in flight` },
    ...skipped > 0 ? [{ rank: 8, text: `${formatCount(skipped)} skipped` }] : [],
    { rank: failed > 0 ? 1 : 9, text: `${formatCount(failed)} failed` },
    ...elapsedSeconds === undefined ? [] : [{ rank: 10, text: `${timeFor(elapsedSeconds)} elapsed` }],
  ];
}

function bar(facts: ProgressFacts, width: number): string {
  const full = Math.floor(share(facts) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** What has come, in downloads. */
function come({ done, skipped, failed, parts, asked = Infinity }: ProgressFacts): number {
  return Math.min(done + skipped + failed + parts, asked);
}

/** Of nothing, everything is done. */
function share(facts: ProgressFacts): number {
  const { asked = 0 } = facts;
  return asked > 0 ? come(facts) / asked : 1;
}

/** A guess, if there is anything to guess from. */
function secondsLeft(facts: ProgressFacts): number | undefined {
  const { asked, wholePerSecond } = facts;
  if (asked === undefined || wholePerSecond <= 0 || come(facts) >= asked) return undefined;
  return (asked - come(facts)) / wholePerSecond;
}

/**
 * A time that goes on, or is still to come, as whoever waits wants it.
 *
 * @param seconds Seconds, zero or more.
 * @returns In its two largest units, rounded up: for example `3s`, `2m 5s`, `1h 30m`.
 */
export function timeFor(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.ceil(whole / 60);
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
