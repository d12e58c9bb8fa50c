/**
 * How far a run is, on standard error, so that standard output holds the result and nothing else.
 *
 * @module
 */

import { showBars } from "./live_lines.ts";
import type { Meter } from "../core/meter.ts";
import { Ticker } from "../core/timer.ts";
import { readFlow } from "../core/flow.ts";
import { Pace } from "./pace.ts";
import { tell } from "../core/print.ts";
import { progressBar, type ProgressFacts, progressText } from "./progress_line.ts";

/** Milliseconds between two lines of progress in a log: often enough to see life, seldom enough to read. */
const PROGRESS_INTERVAL_MS = 10_000;

/** Milliseconds between two looks at the counters in a log: so much of the wait for the first answer may pass for work. */
const SAMPLE_MS = 1_000;

/** What {@linkcode showProgress} needs to know. */
export interface ProgressOptions {
  /**
   * URLs there are to download. Default: not known until the source has been read to its end, so neither a share nor a
   * remaining time is shown before.
   */
  asked?: number;
  /** Show nothing. Default: false. */
  quiet?: boolean;
  /** Whether standard error is a terminal that a line can be drawn over in. Default: looked up. */
  terminal?: boolean;
  /** Milliseconds between two lines in a log. Default: `PROGRESS_INTERVAL_MS`. */
  intervalMs?: number;
  /** Takes a line for the log. Default: standard error. */
  say?: (line: string) => void;
}

/**
 * Shows how far a run is until disposed of: a bar in a terminal, a line now and then in a log.
 *
 * @param meter The counters of the run.
 * @param options How many URLs there are, and whether, where and how often to show anything.
 * @returns Ends the showing, and wipes the bar away, when disposed of.
 */
export function showProgress(meter: Meter, options: ProgressOptions): Disposable {
  const { asked, quiet = false, terminal = canRedraw() } = options;
  if (quiet) return { [Symbol.dispose]() {} };
  const facts = progressFacts(meter, asked);
  if (terminal) return showBars([(width) => progressBar(facts(), { width })]);
  const { intervalMs = PROGRESS_INTERVAL_MS, say = tell } = options;
  const sampling = new Ticker(Math.min(intervalMs, SAMPLE_MS), facts);
  const lines = new Ticker(intervalMs, () => say(progressText(facts())));
  for (const ticker of [sampling, lines]) ticker.start();
  return {
    [Symbol.dispose]() {
      sampling.stop();
      lines.stop();
    },
  };
}

/**
 * Watches counters from now on.
 *
 * @param meter The counters of a run that starts now.
 * @param asked URLs there are to download. Default: what the meter says once the source has been read to its end.
 * @returns Says how far the run is; how fast it is comes from the times it is asked.
 */
export function progressFacts(meter: Meter, asked?: number): () => ProgressFacts {
  const start = performance.now();
  const [ended, whole, arriving] = [new Pace(start), new Pace(start), new Pace(start)];
  return () => {
    const now = performance.now();
    const { inFlight, done, skipped, failed, flow } = meter;
    const isCounted = flow !== undefined && asked === undefined; // pages are too small to be worth it
    const { bytes, parts } = isCounted ? readFlow(flow) : { bytes: 0, parts: 0 };
    const facts: ProgressFacts = {
      ...{ asked: asked ?? (meter.isRead ? meter.asked : undefined), done, skipped, failed, inFlight, parts },
      perSecond: ended.sample(now, meter.ended),
      wholePerSecond: whole.sample(now, done + failed + parts), // what is skipped says nothing of what isn't
    };
    if (!isCounted) return facts;
    return { ...facts, bytes, bytesPerSecond: arriving.sample(now, bytes), elapsedSeconds: (now - start) / 1_000 };
  };
}

/** Whether standard error is a terminal that a line can be drawn over in. */
export function canRedraw(): boolean {
  return Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb";
}
