/**
 * Who won, and why: from what was measured, and nothing else.
 *
 * @module
 */

import { formatCount } from "../../../lib/core/format_count.ts";
import { formatSeconds } from "../../../lib/core/format_seconds.ts";
import type { Choice, Lane } from "../choices.ts";
import type { RunFacts } from "../events.ts";
import { extrapolatedSeconds, factor } from "./speed.ts";
import { count, list, NAMES, sayRoughly, times } from "./words.ts";

/** What a race came to, in words. */
export interface Verdict {
  /** The lane that won; absent if none got all pages. */
  winner?: Lane;
  /** What comes after its name, or all there is to say. */
  text: string;
}

/** What each lane came to. */
export type Results = Partial<Record<Lane, RunFacts>>;

type Entry = readonly [lane: Lane, facts: RunFacts];

/** Lanes that were slower by this factor, or by these seconds, are level with the winner: two races differ by as much. */
const LEVEL = { factor: 1.1, seconds: 0.1 };

/** Seconds of CPU time that two must differ by: it is counted in hundredths, and the start takes some of them. */
const LEAST_CPU = 0.1;

/** How many times as much of something a lane must have used for it to be a reason. */
const MUCH = { connections: 4, cpu: 1.3, inFlight: 1.5 };

/**
 * Says who won, and why.
 *
 * @param results What each lane came to.
 * @param choice What was raced over.
 */
export function verdict(results: Results, choice: Choice): Verdict {
  const entries = Object.entries(results) as [Lane, RunFacts][];
  const through = entries.filter(([, { done, asked }]) => done === asked)
    .sort(([, a], [, b]) => a.seconds - b.seconds);
  const [first, ...others] = through;
  if (!first) return { text: `None got all ${count(choice.pages, "page")}. ${failures(entries)}`.trim() };
  const [winner, facts] = first;
  const most = Math.max(facts.seconds * LEVEL.factor, facts.seconds + LEVEL.seconds);
  const level = others.filter(([, { seconds }]) => seconds <= most);
  const slower = entries.filter(([lane]) => lane !== winner && lane !== "browser");
  const why = level.length > 0 ? whyLevel(first, level, choice) : whyFirst(facts, slower);
  const sentences = [
    `got ${count(facts.done, "page")} in ${formatSeconds(facts.seconds)}${beside(first, results)}.`,
    why,
  ];
  return { winner, text: [...sentences, browser(results), failures(entries)].filter(Boolean).join(" ") };
}

/** How fast it was beside `simple`. */
function beside([winner, facts]: Entry, { simple }: Results): string {
  const much = winner === "simple" ? undefined : factor(facts, simple);
  if (much === undefined || !simple) return "";
  const seconds = extrapolatedSeconds(simple);
  const why = seconds === undefined ? "" : `, which at the speed that it had would take ${sayRoughly(seconds)}`;
  return `, ${times(much)} times as fast as simple${why}`;
}

function whyLevel([, mine]: Entry, level: readonly Entry[], { pages, delayMs }: Choice): string {
  const names = `${list(level.map(([lane]) => NAMES[lane]))} ${level.length === 1 ? "is" : "are"}`;
  const share = Math.min(100, Math.round(delayMs / 10 / mine.seconds));
  const all = [mine, ...level.map(([, facts]) => facts)].every(({ mostInFlight, asked }) => mostInFlight >= asked);
  return [
    `But ${names} level with it: two races differ by as much.`,
    all ? `They wait for all pages at the same time, and ${share}% of that time is the website’s own delay.` : "",
    pages > 100 ? "" : "24 pages can’t tell them apart: 10,000 do.",
  ].filter(Boolean).join(" ");
}

/** What it had less of than another, and more. The first to differ much is named: the closest that does, from the fastest. */
function whyFirst(mine: RunFacts, others: readonly Entry[]): string {
  const find = (of: (facts: RunFacts) => boolean) => others.findLast(([, facts]) => of(facts));
  const reasons: string[] = [];
  const crowded = find(({ connections }) => isMuch(connections, mine.connections, MUCH.connections));
  if (crowded && mine.connections !== undefined) {
    const [lane, { connections = 0 }] = crowded;
    reasons.push(`over ${count(mine.connections, "connection")}, where ${lane} opened ${formatCount(connections)}`);
  }
  const busy = find(({ cpuSeconds }) => isMuch(cpuSeconds, mine.cpuSeconds, MUCH.cpu, LEAST_CPU));
  if (busy && mine.cpuSeconds !== undefined) {
    const [lane, { cpuSeconds = 0 }] = busy;
    reasons.push(`with ${formatSeconds(mine.cpuSeconds)} of CPU time, where ${lane} took ${formatSeconds(cpuSeconds)}`);
  }
  const patient = find(({ mostInFlight }) => isMuch(mine.mostInFlight, mostInFlight, MUCH.inFlight));
  if (reasons.length === 0 && patient) {
    const [lane, { mostInFlight }] = patient;
    reasons.push(
      `with ${count(mine.mostInFlight, "request")} in flight, where ${lane} had ${formatCount(mostInFlight)}`,
    );
  }
  return reasons.length === 0 ? "" : `It did so ${reasons.join(", and ")}.`;
}

function isMuch(more: number | undefined, less: number | undefined, much: number, least = 1): boolean {
  return more !== undefined && less !== undefined && more >= less * much && more - less >= least;
}

function browser({ browser }: Results): string {
  if (!browser || browser.done < browser.asked) return "";
  return `This browser, with ${browser.mostInFlight} requests in flight, took ${formatSeconds(browser.seconds)}.`;
}

function failures(entries: readonly Entry[]): string {
  const failed = entries.filter(([, { failed }]) => failed > 0);
  return failed.map(([lane, facts]) => `${NAMES[lane]} failed to get ${count(facts.failed, "page")}.`).join(" ");
}
