/**
 * What became of every download, in files: a report of all, a list of those that failed.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { LineFile } from "./line_file.ts";
import { jsonLine } from "../core/printable.ts";
import type { Outcome } from "../core/outcome.ts";

/** Where to write. */
export interface OutcomeFilesOptions {
  /** The report: a line of JSON for every download; `-` is standard output. Default: none. */
  report?: string;
  /** The list of what isn't done, in the form that lists are read in. It may be the list that is read now. Default: none. */
  failed?: string;
}

/** Writes outcomes as they come. */
export class OutcomeFiles implements Disposable {
  readonly #report: LineFile | undefined;
  readonly #failed: LineFile | undefined;

  /**
   * Opens the files.
   *
   * @param options Where they are.
   * @throws {CannotWriteError} If one can't be written.
   */
  constructor({ report, failed }: OutcomeFilesOptions) {
    this.#report = report === undefined ? undefined : new LineFile(report);
    try {
      this.#failed = failed === undefined ? undefined : new LineFile(failed, { atEnd: true });
    } catch (error) {
      this.#report?.[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Writes an outcome down.
   *
   * @param outcome How a download ended.
   * @param download What was asked for.
   * @param place Where the machine saves that it ended on. Default: on this one, which needn't be said.
   * @throws {CannotWriteError} If it can't be written.
   */
  add(outcome: Outcome, download: Download, place?: { host?: string; folder?: string }): void {
    this.#report?.add(jsonLine(place ? { ...reportLine(outcome), ...place } : reportLine(outcome)));
    if (outcome.result === "failed") this.#failed?.add(jsonLine(listLine(download, outcome.message)));
  }

  /**
   * Writes down a download that has no outcome, to the list of what isn't done.
   *
   * @param download What was asked for.
   * @param why Why it isn't done. Default: it wasn't started.
   * @throws {CannotWriteError} If it can't be written.
   */
  addLeft(download: Download, why = "not started"): void {
    this.#failed?.add(jsonLine(listLine(download, why)));
  }

  /**
   * Writes the last lines, and puts the list of what isn't done in its place. Without this, what was there before stays.
   *
   * @throws {CannotWriteError} If that can't be written.
   */
  end(): void {
    try {
      this.#failed?.end();
    } finally {
      this.#report?.end();
    }
  }

  /**
   * Closes the files.
   *
   * @throws {CannotWriteError} If the last lines of the report can't be written.
   */
  [Symbol.dispose](): void {
    try {
      this.#report?.[Symbol.dispose]();
    } finally {
      this.#failed?.[Symbol.dispose]();
    }
  }
}

/** What there is to say of a URL; what isn't known is left out. */
function reportLine(outcome: Outcome): Record<string, unknown> {
  const { result, url, finalUrl, status, attempts, startedAt, firstByteMs, totalMs, bytes } = outcome;
  const facts = { result, url, finalUrl, status };
  const times = {
    attempts,
    startedAt: new Date(startedAt).toISOString(),
    firstByteMs: rounded(firstByteMs),
    ms: rounded(totalMs),
  };
  if (result === "failed") return { ...facts, bytes, ...times, kind: outcome.kind, message: outcome.message };
  const { file, size = bytes } = outcome;
  if (result === "skipped") return { ...facts, file, bytes: size, ...times, reason: outcome.reason };
  return { ...facts, file, bytes: size, sha256: outcome.sha256, ...times };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}

/** The download as a list says it, and why it failed. With its credentials: without them it would fail again. */
function listLine({ url, name, sha256, headers }: Download, why: string): Record<string, unknown> {
  return { url, name, sha256, headers, why };
}
