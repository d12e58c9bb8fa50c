/**
 * The URLs of a download that has several: which is asked when, and what is said of all of them in the end.
 *
 * The n-th download of a list begins with the n-th of its URLs, and goes on with the next, around: so hosts that have the same
 * files share the work, and the same list asks the same hosts. Each is asked only when the one before it has failed for good.
 * Whichever answers, the download is known by its first URL: to the journal, by its name, and in the report.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Download, Job } from "../core/download.ts";
import type { Failed, FailureKind, Outcome, Skipped } from "../core/outcome.ts";

/** Kinds of failures that have nothing to do with where a file comes from: it would end in the same way elsewhere. */
const LOCAL: ReadonlySet<FailureKind> = new Set(["aborted", "cannot-write", "write"]);

/** The URLs of one download. */
export class Mirrors {
  readonly #urls: readonly string[];
  readonly #first: number;
  /** How many have been tried before the one that is asked now. */
  #tried = 0;
  readonly #noted: { url: string; why: string }[] = [];
  #failed: Failed | undefined;

  /**
   * Begins with one of them.
   *
   * @param job The download, whose number says which.
   */
  constructor({ id, url, mirrors = [] }: Job) {
    this.#urls = [url, ...mirrors];
    this.#first = id % this.#urls.length;
  }

  /** Whether there is another one after this. */
  get hasNext(): boolean {
    return this.#tried + 1 < this.#urls.length;
  }

  /** The job that asks the one whose turn it is. */
  jobOf(job: Job): Job {
    const [original] = this.#urls;
    return { ...job, url: this.#url, original };
  }

  /**
   * Goes on to the next one.
   *
   * @param ended How the download from this one ended, or why it wasn't tried.
   * @returns Whether there is a next one; not if it would end in the same way.
   */
  goOn(ended: Outcome | string): boolean {
    if (typeof ended !== "string" && !isTheirs(ended)) return false;
    const why = typeof ended === "string" ? ended : ended.message ?? "not wanted";
    if (typeof ended !== "string" && ended.result === "failed") this.#failed = ended;
    this.#noted.push({ url: splitCredentials(this.#url).url, why });
    if (!this.hasNext) return false;
    this.#tried++;
    return true;
  }

  /** The download as its source said it. */
  download({ original: _, ...download }: Job): Download {
    return { ...download, url: this.#urls[0] };
  }

  /**
   * What is said of the download.
   *
   * @param last How its last attempt ended.
   * @returns The same, by its first URL, and with all that was tried if none of them had the file.
   */
  outcome(last: Outcome): Outcome {
    const isUnwanted = last.result === "skipped" && last.reason === "unwanted";
    // What one host doesn't have and another failed to send isn't known to be unwanted
    const ended = isUnwanted && this.#failed ? { ...this.#failed, attempts: last.attempts } : last;
    const { url } = splitCredentials(this.#urls[0]);
    const outcome = { ...ended, url, ...ended.attempts > 0 && ended.url !== url && { from: ended.url } };
    if (outcome.result === "failed" && !LOCAL.has(outcome.kind)) outcome.message = this.summary(outcome.message);
    return outcome;
  }

  /**
   * Why none of those that were tried had the file.
   *
   * @param last Why the last one hadn't.
   */
  summary(last: string): string {
    if (this.#noted.length < 2) return last;
    const each = this.#noted.map(({ url, why }) => `${url}: ${why}`).join("; ");
    const { length } = this.#urls;
    return this.#noted.length === length ? `none of its ${length} URLs could be downloaded: ${each}` : each;
  }

  get #url(): string {
    return this.#urls[(this.#first + this.#tried) % this.#urls.length];
  }
}

/** Whether it was because of where the file came from that a download ended as it did. */
function isTheirs(ended: Outcome): ended is Failed | Skipped {
  if (ended.result === "failed") return !LOCAL.has(ended.kind);
  return ended.result === "skipped" && ended.reason === "unwanted";
}
