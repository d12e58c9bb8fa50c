/**
 * A strategy that runs alone: the entry of a process of its own, so that its memory and its CPU time are its own, too.
 *
 *     deno run -A runner_main.ts simple http://127.0.0.1:8000/ 24 100000 live
 *
 * It prints what it does as lines of JSON, and ends when its standard input does: so it never outlives the process that
 * started it, however that ends.
 *
 * @module
 */

import type { Outcome } from "../../lib/core/outcome.ts";
import { makeFlow } from "../../lib/core/flow.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { cpuSeconds } from "../../lib/metrics/cpu.ts";
import { measure } from "../../lib/metrics/measure.ts";
import type { Summary } from "../../lib/metrics/summary.ts";
import { numberedPages } from "../../lib/source/numbered_pages.ts";
import { type Counts, ENDINGS, type Span } from "./events.ts";

/** What it prints. */
export type RunnerLine =
  | { started: true }
  | { counts: Counts; spans?: Span[] }
  | { summary: Summary; spans: Span[] };

/** Milliseconds between two lines of progress: five per second look alive, and take a thousandth of a core. */
const PROGRESS_MS = 200;

/** The same where requests are shown live, a few per second: as soon as an eye would notice. */
const LIVE_MS = 50;

/** Notes what becomes of requests, in as little time as that can take: numbers, and one array. */
class Notes {
  readonly #startEpochMs: number;
  readonly #spans: Span[] = [];
  #told = 0;

  constructor(startEpochMs: number) {
    this.#startEpochMs = startEpochMs;
  }

  readonly add = ({ id, result, startedAt, totalMs, attempts, ...rest }: Outcome): void => {
    if (attempts === 0) return; // it was never sent
    const wasStopped = "kind" in rest && rest.kind === "aborted";
    const ending = ENDINGS.indexOf(wasStopped ? "open" : result === "failed" ? "failed" : "done");
    const startMs = Math.max(0, startedAt - this.#startEpochMs);
    this.#spans.push([startMs, startMs + totalMs, ending, id]);
  };

  /** Those that ended well or not, without those that were in flight at the end. */
  get failed(): number {
    return this.#spans.filter(([, , ending]) => ENDINGS[ending] === "failed").length;
  }

  /** Those that were added since this was asked for before. */
  news(): Span[] {
    const news = this.#spans.slice(this.#told).map(rounded);
    this.#told = this.#spans.length;
    return news;
  }

  all(): Span[] {
    return this.#spans.map(rounded);
  }
}

/** Tenths of a millisecond are finer than any screen. */
function rounded([startMs, endMs, ending, page]: Span): Span {
  return [Math.round(startMs * 10) / 10, Math.round(endMs * 10) / 10, ending, page];
}

function say(line: RunnerLine): void {
  console.log(JSON.stringify(line));
}

async function main([title, url, pages, limitMs, mode]: string[]): Promise<void> {
  Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => Deno.exit(1));
  const { [title]: strategy }: Record<string, Strategy> = await import(`../../${title}.ts`);
  const [asked, isLive] = [Number(pages), mode === "live"];
  const meter = new Meter();
  meter.flow = makeFlow(); // counts isolates
  const aborter = new AbortController();
  say({ started: true });
  cpuSeconds(); // measure() reads it before it takes the time, and the first time takes longest
  const notes = new Notes(performance.timeOrigin + performance.now());
  const ticking = setInterval(() => {
    const { inFlight, done, failed } = meter;
    say({ counts: { inFlight, done, failed }, ...isLive && { spans: notes.news() } });
  }, isLive ? LIVE_MS : PROGRESS_MS);
  const limit = setTimeout(() => aborter.abort(), Number(limitMs));
  const summary = await measure(strategy, numberedPages(url, asked), {
    asked,
    meter,
    signal: aborter.signal,
    report: notes.add,
  });
  clearInterval(ticking);
  clearTimeout(limit);
  say({ summary: { ...summary, failed: notes.failed }, spans: notes.all() });
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args);
