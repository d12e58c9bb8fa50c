/**
 * What the four strategies have in common: what they are called with, and the bookkeeping around the idea of each.
 *
 * @module
 */

import { Meter } from "./meter.ts";
import type { Outcome } from "./outcome.ts";
import { Queue, type Source } from "./queue.ts";
import { Session } from "./session.ts";
import { settle, type StrategyOptions } from "./settings.ts";

/** A way to download many URLs. */
export interface Strategy extends StrategyTraits {
  /**
   * Downloads every URL and reports each outcome once, in whatever order they end. Never throws for a failed download.
   *
   * @param source URLs, or URLs with what is known about them; read lazily.
   * @param report Called with every outcome.
   * @param options How to download.
   * @throws {RangeError} For an option out of its bounds.
   * @throws What the source or `report` threw, after what was in flight has ended.
   */
  (source: Source, report: (outcome: Outcome) => void, options?: StrategyOptions): Promise<void>;
}

/** What there is to say about a strategy besides its idea. */
export interface StrategyTraits {
  /** What it is called. */
  readonly title: string;
  /** Its idea in a few words. */
  readonly about: string;
  /** Requests in flight at most when nobody says otherwise. */
  readonly concurrency: number;
  /** Requests in flight that it can be asked for at most. Default: no limit. */
  readonly maxConcurrency?: number;
}

/** The idea of a strategy: gets every job from `jobs`, downloads it, and settles it there. */
export type Idea = (jobs: Queue, session: Session) => Promise<void>;

/**
 * Makes a strategy of an idea.
 *
 * @param traits Its name and its limits.
 * @param idea How jobs get downloaded.
 * @returns The strategy.
 */
export function strategy(traits: StrategyTraits, idea: Idea): Strategy {
  return Object.assign(
    async (source: Source, report: (outcome: Outcome) => void, options: StrategyOptions = {}): Promise<void> => {
      const settings = settle(options, traits);
      const signal = options.signal ?? new AbortController().signal;
      const jobs = new Queue(source, report, { ...settings, signal, meter: options.meter ?? new Meter() });
      using session = new Session(settings, signal);
      await idea(jobs, session);
      jobs.close();
    },
    traits,
  );
}
