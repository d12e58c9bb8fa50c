/**
 * The downloads of a source that have no outcome yet: those that were pulled and not settled, and all that was never pulled.
 * So a run that ends early can say what is left, whatever the length of its source: only what was pulled is held.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import type { Item, Source } from "../core/source.ts";

/** How long {@linkcode Remaining.left} waits for a source that may never end. */
export interface Patience {
  /** Milliseconds without anything new. Default: no limit. */
  idleMs?: number;
  /** Milliseconds altogether. Default: no limit. */
  totalMs?: number;
}

type Given = IteratorResult<Item | readonly Item[], unknown>;

/** Watches a source and the outcomes of its downloads. */
export class Remaining {
  /** The source to download from, in place of the one that is watched. Leaving it early doesn't close that one. */
  readonly source: Source;
  readonly #inner: Iterator<Item | readonly Item[]> | AsyncIterator<Item | readonly Item[]>;
  /** By their positions in the source, which outcomes are numbered by. */
  readonly #open = new Map<number, Download>();
  #pulled = 0;
  #pulling: Promise<unknown> | undefined;
  #isRead = false;
  #failure: { cause: unknown } | undefined;

  /**
   * Watches a source that nothing was pulled from.
   *
   * @param source Where the downloads come from.
   */
  constructor(source: Source) {
    this.#inner = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    const watched = { next: () => this.#next() as Promise<Given> & Given };
    this.source = Symbol.asyncIterator in source
      ? { [Symbol.asyncIterator]: () => watched }
      : { [Symbol.iterator]: () => watched };
  }

  /**
   * Notes that a download has an outcome.
   *
   * @param id Its position in the source.
   */
  settle(id: number): void {
    this.#open.delete(id);
  }

  /**
   * What has no outcome: first what was pulled, then the rest of the source, which is read as it is asked for and closed at
   * the end.
   *
   * @param patience How long to wait for the source.
   * @returns The downloads, in batches as the source gives them; in the end, whether the source was read to its end.
   * @throws What the source throws, or threw before, once everything that was pulled has been given.
   */
  async *left({ idleMs = Infinity, totalMs = Infinity }: Patience = {}): AsyncGenerator<Download[], boolean> {
    const deadline = performance.now() + totalMs;
    while (true) {
      const isLate = this.#pulling !== undefined &&
        !await within(this.#pulling, Math.min(idleMs, deadline - performance.now()));
      const batch = [...this.#open.values()];
      this.#open.clear();
      if (batch.length > 0) yield batch;
      if (this.#failure) throw this.#failure.cause;
      if (this.#isRead) return true;
      if (isLate || performance.now() > deadline) break;
      this.#next();
    }
    // Not waited for: it ends only when the source gives something, which may be never
    void Promise.resolve(this.#inner.return?.()).catch(() => {});
    return false;
  }

  #next(): Given | Promise<Given> {
    let given;
    try {
      given = this.#inner.next();
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
    if (!(given instanceof Promise)) return this.#note(given);
    const noted = given.then((result) => this.#note(result), (cause) => {
      this.#failure = { cause };
      throw cause;
    });
    const pulling = noted.catch(() => {}).then(() => {
      if (this.#pulling === pulling) this.#pulling = undefined;
    });
    this.#pulling = pulling;
    return noted;
  }

  #note(result: Given): Given {
    if (result.done) {
      this.#isRead = true;
      return result;
    }
    const { value } = result;
    if (Array.isArray(value)) {
      for (const item of value as readonly Item[]) this.#open.set(this.#pulled++, asDownload(item));
    } else this.#open.set(this.#pulled++, asDownload(value as Item));
    return result;
  }
}

function asDownload(item: Item): Download {
  return typeof item === "string" ? { url: item } : item;
}

/** Whether a promise resolves within so many milliseconds. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  if (ms === Infinity) return await promise.then(() => true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), Math.max(0, ms)));
  const isThere = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isThere;
}
