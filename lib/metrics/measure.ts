/**
 * A strategy at work, with everything about it counted.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import type { Report, Source } from "../core/source.ts";
import { cpuSeconds } from "./cpu.ts";
import { peakMemoryBytes } from "./memory.ts";
import { countIsolates } from "../core/flow.ts";
import { countOpened } from "../core/connection_counts.ts";
import { Meter } from "../core/meter.ts";
import type { StrategyOptions } from "../core/settings.ts";
import type { Strategy } from "../engine/strategy.ts";
import { type Summary, Tally } from "./summary.ts";
import type { Timeline } from "./timeline.ts";

/** Options of {@linkcode measure}. */
export interface MeasureOptions extends StrategyOptions {
  /** URLs in the source. Default: as many as turn out to be in it. */
  asked?: number;
  /** Notes what requests do when. Default: nothing does. */
  timeline?: Timeline;
  /** Receives every outcome, too. Default: none. */
  report?: Report;
  /** Adds up outcomes, for somebody to look at meanwhile. Default: one that nobody sees. */
  tally?: Tally;
}

/**
 * Downloads with a strategy and sums up.
 *
 * @param strategy What downloads.
 * @param source What is downloaded.
 * @param options How, and how many URLs there are.
 * @returns What it came to, also when something that was to be expected ended it before its time.
 * @throws {CommandError} If nothing could be begun: the source can't be read, or the output folder can't be written.
 * @throws {Error} If the books don't balance: a URL without an outcome, or with two, is a bug that must not pass.
 */
export async function measure(strategy: Strategy, source: Source, options: MeasureOptions): Promise<Summary> {
  const { meter = new Meter(), signal, timeline, tally = new Tally() } = options;
  const report: Report = (outcome, download) => {
    tally.add(outcome);
    timeline?.add(outcome);
    options.report?.(outcome, download);
  };
  const cpuBefore = cpuSeconds();
  const start = performance.now();
  const problem = await problemOf(() => strategy(source, report, { ...options, meter }));
  if (problem && meter.asked === 0) throw problem;
  const seconds = (performance.now() - start) / 1_000;
  const { done, skipped, failed, duplicates, unchanged, unwanted } = tally;
  const { asked = meter.asked } = options;
  const ended = done + skipped + failed;
  const interrupted = signal?.aborted ?? false;
  const why = problem?.message ?? meter.stopped;
  if (ended !== meter.started || (interrupted || why ? ended > asked : ended !== asked)) {
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
    requests: tally.requests,
    retries: meter.retries,
    bytes: meter.bytes,
    peakInFlight: meter.peakInFlight,
    ...costsOf(strategy, meter),
    peakMemoryBytes: peakMemoryBytes(),
    cpuSeconds: secondsSince(cpuBefore),
    interrupted,
    ...why !== undefined && { stopped: { why, exitCode: problem?.exitCode ?? 1 } },
    unread: options.asked === undefined && !meter.isRead,
    duplicates,
    ...unchanged > 0 && { unchanged },
    ...unwanted > 0 && { unwanted },
    failures: tally.failures,
    timeline: timeline?.data,
  };
}

/** What ended a run, if one line can say it. */
async function problemOf(run: () => Promise<void>): Promise<CommandError | undefined> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

/** Isolates, without the one that only starts threads; and connections of our own: as far as they were counted. */
function costsOf({ threads }: Strategy, { flow, connections }: Meter): Partial<Summary> {
  return {
    ...flow && { isolates: countIsolates(flow) - (threads ? 1 : 0) },
    ...connections && { connections: countOpened(connections) },
  };
}

function secondsSince(cpuBefore: number | undefined): number | undefined {
  const now = cpuSeconds();
  return now === undefined || cpuBefore === undefined ? undefined : now - cpuBefore;
}
