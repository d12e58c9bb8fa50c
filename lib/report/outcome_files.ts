/**
 * What became of every download, in files: a report of all, a list of those that failed.
 *
 * @module
 */

import { algorithmsBy, type Digests } from "../core/digests.ts";
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
  /** The SHA-256 of each file, as sha256sum(1) reads them. Default: none. */
  sums?: string;
}

/** Writes outcomes as they come. */
export class OutcomeFiles implements Disposable {
  readonly #report: LineFile | undefined;
  readonly #failed: LineFile | undefined;
  readonly #sums: LineFile | undefined;

  /**
   * Opens the files.
   *
   * @param options Where they are.
   * @throws {CannotWriteError} If one can't be written.
   */
  constructor({ report, failed, sums }: OutcomeFilesOptions) {
    this.#report = report === undefined ? undefined : new LineFile(report);
    try {
      this.#failed = failed === undefined ? undefined : new LineFile(failed, { atEnd: true });
      this.#sums = sums === undefined ? undefined : new LineFile(sums, { atEnd: true });
    } catch (error) {
      this.#report?.[Symbol.dispose]();
      this.#failed?.[Symbol.dispose]();
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
    if (this.#sums && outcome.result !== "failed" && outcome.sha256 !== undefined && outcome.file !== undefined) {
      this.#sums.add(`${outcome.sha256}  ${outcome.file}`); // no name has what would have to be escaped
    }
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
      this.#sums?.end();
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
      this.#sums?.[Symbol.dispose]();
    }
  }
}

/** What there is to say of a URL; what isn't known is left out. */
function reportLine(outcome: Outcome): Record<string, unknown> {
  const { result, url, from, finalUrl, status, attempts, startedAt, firstByteMs, totalMs, bytes } = outcome;
  const facts = { result, url, from, finalUrl, status };
  const times = {
    attempts,
    startedAt: new Date(startedAt).toISOString(),
    firstByteMs: rounded(firstByteMs),
    ms: rounded(totalMs),
  };
  if (result === "failed") return { ...facts, bytes, ...times, kind: outcome.kind, message: outcome.message };
  const { file, size = bytes } = outcome;
  if (result === "skipped") {
    return {
      ...facts,
      file,
      bytes: size,
      sha256: outcome.sha256,
      ...times,
      reason: outcome.reason,
      message: outcome.message,
    };
  }
  return { ...facts, file, bytes: size, sha256: outcome.sha256, ...times };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}

/** The download as a list says it, and why it failed. With its credentials: without them it would fail again. */
function listLine(
  { url, mirrors, name, sha256, digests = {}, headers }: Download,
  why: string,
): Record<string, unknown> {
  const asked = mirrors?.length ? { urls: [url, ...mirrors] } : { url };
  return { ...asked, name, ...listedDigests(digests), ...sha256 !== undefined && { sha256 }, headers, why };
}

/** Digests as a list says them. Several of one algorithm, only Subresource Integrity can. */
function listedDigests(digests: Digests): Record<string, string> {
  const listed: Record<string, string> = {};
  for (const algorithm of algorithmsBy((each) => digests[each] !== undefined)) {
    const all = digests[algorithm] ?? [];
    if (all.length === 1) listed[algorithm] = all[0];
    else listed.integrity = all.map((hex) => `${algorithm}-${Uint8Array.fromHex(hex).toBase64()}`).join(" ");
  }
  return listed;
}
