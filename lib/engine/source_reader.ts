/**
 * Reads downloads from a source, one when it is asked for one: nothing is pulled ahead, but for the rest of a batch. Numbers
 * each, and leaves out those that needn't be downloaded.
 *
 * A source may be sync or async, and give downloads one by one or in batches.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Download, Job } from "../core/download.ts";
import type { Meter } from "../core/meter.ts";
import type { Skipped } from "../core/outcome.ts";
import type { Item, Source } from "../core/source.ts";
import type { Admission } from "./intake.ts";

/** What a {@linkcode SourceReader} needs to know. */
export interface SourceReaderOptions {
  /** The live counters to keep. */
  meter: Meter;
  /** Says what is to be done with a download, when it is pulled. Default: it is downloaded and not saved. */
  enter?: (download: Download) => Admission;
  /** Called when there may be a next job after there was none. */
  onReady: () => void;
  /** Called with a download that needn't be made. */
  onSkipped: (outcome: Skipped, download: Download) => void;
  /** Called with what the source or `enter` threw. */
  onError: (cause: unknown) => void;
}

type Given = Item | readonly Item[];

/** Pulls jobs from a source. */
export class SourceReader {
  readonly #source: Iterator<Given> | AsyncIterator<Given>;
  readonly #options: SourceReaderOptions;
  /** The batch the source gave last, and how far it has been taken. */
  #batch: readonly Item[] = [];
  #taken = 0;
  #nextId = 0;
  /** Whether an async source hasn't answered yet. */
  #isPulling = false;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isExhausted = false;
  #isStopped = false;

  /**
   * Makes a reader that has pulled nothing yet.
   *
   * @param source What to read.
   * @param options Counters, and whom to tell what.
   */
  constructor(source: Source, options: SourceReaderOptions) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#options = options;
  }

  /** Whether it gives no more jobs: the source has been read to its end, or the reader was stopped. */
  get isEnded(): boolean {
    return this.#isExhausted || this.#isStopped;
  }

  /**
   * The next job, without waiting for any.
   *
   * @returns Undefined while there is none: `onReady` says when to ask again. `skipped` when it needn't be downloaded.
   */
  next(): Job | "skipped" | undefined {
    if (this.isEnded || this.#isPulling || this.#pause !== undefined) return undefined;
    while (this.#taken === this.#batch.length) if (!this.#pull()) return undefined;
    return this.#enter(this.#batch[this.#taken++]);
  }

  /** Gives no job before other work of this isolate has had its turn, and calls `onReady` then. */
  pause(): void {
    if (this.#isStopped) return;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#options.onReady();
    }, 0);
  }

  /** Gives no job any more. */
  stop(): void {
    this.#isStopped = true;
    if (this.#pause !== undefined) clearTimeout(this.#pause);
  }

  /** Lets the source close what it has open. Not waited for, since one that hangs would hold up the end of the run. */
  async leave(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch (cause) {
      this.#options.onError(cause);
    }
  }

  /** Gets what the source has next, and says whether it had something to give at once. */
  #pull(): boolean {
    let pulled;
    try {
      pulled = this.#source.next();
    } catch (cause) {
      this.#options.onError(cause);
      return false;
    }
    if (!(pulled instanceof Promise)) return this.#receive(pulled);
    this.#isPulling = true;
    pulled.then((result) => {
      this.#isPulling = false;
      this.#receive(result);
      this.#options.onReady();
    }, this.#options.onError);
    return false;
  }

  #receive({ done, value }: IteratorResult<Given, unknown>): boolean {
    if (this.#isStopped) return false;
    if (done) {
      this.#isExhausted = this.#options.meter.isRead = true;
      return false;
    }
    const given = value as Given;
    this.#batch = isBatch(given) ? given : [given];
    this.#taken = 0;
    return true;
  }

  /** Numbers a download, and finds out what is to be done with it. */
  #enter(item: Item): Job | "skipped" | undefined {
    const { meter, enter, onSkipped, onError } = this.#options;
    const id = this.#nextId++;
    meter.asked++;
    if (!enter && typeof item === "string") return { url: item, id, attempt: 1 }; // the usual case, without a copy
    const download = typeof item === "string" ? { url: item } : item;
    if (!enter) return { ...download, id, attempt: 1 };
    let entry: Admission;
    try {
      entry = enter(download);
    } catch (cause) {
      onError(cause);
      return undefined;
    }
    if (entry.state === "unsaved") return { ...download, id, attempt: 1 };
    if (entry.state === "new") {
      const { state: _, ...target } = entry;
      return { ...download, id, attempt: 1, target };
    }
    const why: Pick<Skipped, "reason" | "file" | "size"> = entry.state === "duplicate"
      ? { reason: "duplicate" }
      : { reason: "there", file: entry.file, size: entry.bytes };
    const { url } = splitCredentials(download.url);
    const startedAt = performance.timeOrigin + performance.now();
    onSkipped({ result: "skipped", id, url, attempts: 0, bytes: 0, startedAt, totalMs: 0, ...why }, download);
    return "skipped";
  }
}

/** `Array.isArray` doesn't narrow a readonly array. */
function isBatch(given: Given): given is readonly Item[] {
  return Array.isArray(given);
}
