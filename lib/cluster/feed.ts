/**
 * What the engine pulls from: the downloads of all partitions that this machine has, in turns, and of each only so many at
 * once. So no partition whose hosts are slow fills the queue, and those of other hosts are always found.
 *
 * @module
 */

import type { SharedDownload } from "../core/shared_run.ts";

/** Downloads that all partitions together have in the engine at most: below where its queue stops pulling (`MAX_WAITING`). */
const MAX_GIVEN = 9_000;

/** ... and one partition at most, and at least. */
const [MOST_OF_ONE, LEAST_OF_ONE] = [1_000, 2];

/** Downloads that a partition gives in its turn, and that are given in one batch, at most. */
const [TURN, BATCH] = [16, 256];

/** A partition, as far as it concerns a {@linkcode Feed}. */
export interface Feeding {
  /** Its downloads that the engine has. */
  readonly given: number;
  /** Takes the next ones, which count as given: none while there are none. */
  take(most: number): SharedDownload[];
}

/** Downloads that are there, or the end. */
export type Batch = IteratorResult<SharedDownload[], undefined>;

/** The downloads of some partitions, without end until it is ended. */
export class Feed implements AsyncIterableIterator<SharedDownload[], undefined> {
  readonly #partitions: () => Iterable<Feeding> & { readonly size: number };
  #pulling: ((batch: Batch) => void) | undefined;
  #isEnded = false;
  #turn = 0;

  /**
   * Gives nothing yet.
   *
   * @param partitions The partitions that this machine has, whenever it is asked.
   */
  constructor(partitions: () => Iterable<Feeding> & { readonly size: number }) {
    this.#partitions = partitions;
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next batch, as soon as there is one. */
  next(): Promise<Batch> {
    const batch = this.#collect();
    if (batch) return Promise.resolve(batch);
    return new Promise((resolve) => this.#pulling = resolve);
  }

  /** Looks whether there is something now that there wasn't. */
  wake(): void {
    if (this.#pulling === undefined) return;
    const batch = this.#collect();
    if (batch === undefined) return;
    this.#pulling(batch);
    this.#pulling = undefined;
  }

  /** Gives nothing any more. */
  end(): void {
    this.#isEnded = true;
    this.wake();
  }

  #collect(): Batch | undefined {
    if (this.#isEnded) return { done: true, value: undefined };
    const partitions = this.#partitions();
    const most = Math.min(MOST_OF_ONE, Math.max(LEAST_OF_ONE, Math.floor(MAX_GIVEN / partitions.size)));
    const batch: SharedDownload[] = [];
    const from = this.#turn % Math.max(1, partitions.size);
    const all = [...partitions];
    for (let at = 0; at < all.length && batch.length < BATCH; at++) {
      const partition = all[(from + at) % all.length];
      this.#turn = from + at + 1;
      const room = Math.min(TURN, BATCH - batch.length, most - partition.given);
      if (room > 0) batch.push(...partition.take(room));
    }
    return batch.length > 0 ? { done: false, value: batch } : undefined;
  }
}
