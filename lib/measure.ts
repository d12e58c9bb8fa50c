/**
 * A strategy at work, with everything about it counted.
 *
 * @module
 */

import { cpuSeconds } from "./cpu.ts";
import { peakMemoryBytes } from "./memory.ts";
import { Meter } from "./meter.ts";
import type { Outcome } from "./outcome.ts";
import type { Source } from "./queue.ts";
import type { StrategyOptions } from "./settings.ts";
import type { Strategy } from "./strategy.ts";
import { type Summary, Tally } from "./summary.ts";
import type { Timeline } from "./timeline.ts";

/** What {@linkcode measure} can be told. */
export interface MeasureOptions extends StrategyOptions {
  /** URLs in the source. */
  asked: number;
  /** Notes what requests do when. Default: nothing does. */
  timeline?: Timeline;
}

/**
 * Downloads with a strategy and sums up.
 *
 * @param strategy What downloads.
 * @param source What is downloaded.
 * @param options How, and how many URLs there are.
 * @returns What it came to.
 * @throws {Error} If the books don't balance: a URL without an outcome, or with two, is a bug that must not pass.
 */
export async function measure(strategy: Strategy, source: Source, options: MeasureOptions): Promise<Summary> {
  const { asked, meter = new Meter(), signal, timeline } = options;
  const tally = new Tally();
  const report = timeline ? (outcome: Outcome) => (tally.add(outcome), timeline.add(outcome)) : tally.add;
  const cpuBefore = cpuSeconds();
  const start = performance.now();
  await strategy(source, report, { ...options, meter });
  const seconds = (performance.now() - start) / 1_000;
  const { done, skipped, failed } = tally;
  const ended = done + skipped + failed;
  const interrupted = signal?.aborted ?? false;
  if (ended !== meter.started || (interrupted ? ended > asked : ended !== asked)) {
    throw new Error(`The books don't balance: ${asked} asked, ${meter.started} started, ${ended} ended`);
  }
  return {
    strategy: strategy.title,
    asked,
    done,
    skipped,
    failed,
    notStarted: asked - ended,
    value: String(tally.value),
    seconds,
    retries: meter.retries,
    bytes: meter.bytes,
    peakInFlight: meter.peakInFlight,
    peakMemoryBytes: peakMemoryBytes(),
    cpuSeconds: secondsSince(cpuBefore),
    interrupted,
    failures: tally.failures,
    timeline: timeline?.data,
  };
}

function secondsSince(cpuBefore: number | undefined): number | undefined {
  const now = cpuSeconds();
  return now === undefined || cpuBefore === undefined ? undefined : now - cpuBefore;
}
