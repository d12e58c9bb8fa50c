/**
 * Reports outcomes, counts them, and notices when there is no point in going on.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Download, Job } from "../core/download.ts";
import { CannotWriteError } from "../core/errors.ts";
import type { Meter } from "../core/meter.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Report } from "../core/source.ts";

/** What a {@linkcode Reporter} needs to know. */
export interface ReporterOptions {
  /** The live counters to keep. */
  meter: Meter;
  /** Failures after which there is no point in going on. Default: no limit. */
  maxFailures?: number;
  /** What becomes of a download that isn't wanted. Default: "fail". */
  unwanted?: "fail" | "skip";
}

/** Whom a {@linkcode Reporter} tells that the run has to end. */
export interface ReporterEvents {
  /** Called with what `report` threw. */
  onError: (cause: unknown) => void;
  /** Called for every failure that leaves no point in going on: also what is in flight should be ended. */
  onHopeless: (reason: Error) => void;
}

/** Reports how downloads ended. */
export class Reporter {
  readonly #report: Report;
  readonly #options: ReporterOptions & ReporterEvents;

  /**
   * Makes a reporter.
   *
   * @param report Called once for every download.
   * @param options Counters, and whom to tell that the run has to end.
   */
  constructor(report: Report, options: ReporterOptions & ReporterEvents) {
    this.#report = report;
    this.#options = options;
  }

  /**
   * Reports a download that was started before.
   *
   * @param outcome How it ended for good.
   * @param download What was to be downloaded.
   */
  end(outcome: Outcome, download: Download): void {
    const { meter, maxFailures = Infinity, onError, onHopeless } = this.#options;
    meter[outcome.result]++;
    try {
      this.#report(outcome, download);
    } catch (cause) {
      onError(cause);
    }
    if (outcome.result !== "failed") return;
    if (outcome.kind === "cannot-write") onHopeless(new CannotWriteError(outcome.message));
    else if (meter.failed >= maxFailures) {
      onHopeless(new Error(maxFailures === 1 ? "a download has failed" : `${maxFailures} downloads have failed`));
    }
  }

  /**
   * Reports a download that ended without a request: it counts as started from now on.
   *
   * @param outcome How it ended.
   * @param download What was to be downloaded.
   */
  endAtOnce(outcome: Outcome, download: Download): void {
    this.#options.meter.started++;
    this.end(outcome, download);
  }

  /**
   * Reports a job that was never tried, because its host is given up, or its website's robots.txt doesn't allow it.
   *
   * @param job The job.
   * @param message Why, in a sentence.
   * @param kind Why, in a word. What robots.txt doesn't allow isn't wanted. Default: "circuit-open".
   */
  refuse(job: Job, message: string, kind: "circuit-open" | "robots" = "circuit-open"): void {
    const { id, url } = job;
    const startedAt = performance.timeOrigin + performance.now();
    const facts = { id, url: splitCredentials(url).url, attempts: 0, startedAt, totalMs: 0, bytes: 0, message };
    const isSkipped = kind === "robots" && this.#options.unwanted === "skip";
    this.endAtOnce(
      isSkipped ? { result: "skipped", reason: "unwanted", ...facts } : { result: "failed", kind, ...facts },
      job,
    );
  }
}
