/**
 * How far a run is, in one line of text: for a log as it is, for a terminal with a bar and cut to its width.
 *
 * @module
 */

import { formatCount } from "./format_count.ts";

/** How far a run is. */
export interface ProgressFacts {
  /** Downloads that have ended. */
  ended: number;
  /** Downloads there are; absent for a list whose length isn't known. */
  asked?: number;
  /** Downloads that ended a second, lately. */
  perSecond: number;
  /** Downloads on their way. */
  inFlight: number;
  /** Downloads that failed for good. */
  failed: number;
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
function fields({ ended, asked, perSecond, inFlight, failed }: ProgressFacts): { rank: number; text: string }[] {
  const facts = [
    { rank: 5, text: `${formatCount(perSecond)}/s` },
    { rank: 6, text: `${formatCount(inFlight)} in flight` },
    { rank: failed > 0 ? 1 : 7, text: `${formatCount(failed)} failed` },
  ];
  if (asked === undefined) return [{ rank: 0, text: `${formatCount(ended)} done` }, ...facts];
  const total = formatCount(asked);
  return [
    { rank: 0, text: `${Math.floor(share(ended, asked) * 100)}%`.padStart(4) },
    { rank: 2, text: `${formatCount(ended).padStart(total.length)}/${total}` },
    ...(perSecond > 0 && ended < asked ? [{ rank: 4, text: `${timeFor((asked - ended) / perSecond)} left` }] : []),
    ...facts,
  ];
}

function bar({ ended, asked = 0 }: ProgressFacts, width: number): string {
  const full = Math.floor(share(ended, asked) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** Of nothing, everything is done. */
function share(ended: number, asked: number): number {
  return asked > 0 ? Math.min(ended / asked, 1) : 1;
}

/** A duration in its two largest units, rounded up. */
function timeFor(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.ceil(whole / 60);
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
