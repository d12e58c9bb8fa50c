/**
 * Who has which partition, as a machine knows it. Of many machines with many partitions, each mustn't read all keys at each
 * renewal: 1,000 machines would ask for 1,000 partitions 200,000 times per second. So in between, only what has changed is
 * read. Not for ever: a broker that lost its last moments counts its changes from a lower number on.
 *
 * @module
 */

import type { Run } from "./broker.ts";
import { keyOf, type Owner, readOwner } from "./owner_key.ts";

/** Keys that are read at once. */
const READ_AT_ONCE = 32;

/** Keys that all machines together read at each renewal at most: a small broker gives some 3,000 per second. */
const READS_PER_RENEWAL = 10_000;

/** An owner that was read, and the revision of its key. */
export type KnownOwner = Owner & { revision: number };

/** The owners of a run's partitions. */
export class KnownOwners {
  readonly #run: Run;
  readonly #readsPerRenewal: number;
  #owners: (KnownOwner | undefined)[] = [];
  /** The last change that is known. */
  #changed = 0;
  #times = 0;

  /**
   * Makes owners that nothing is known of.
   *
   * @param run The run.
   * @param options `readsPerRenewal`: keys that all machines together read at each renewal at most, by default 10,000.
   */
  constructor(run: Run, { readsPerRenewal = READS_PER_RENEWAL }: { readsPerRenewal?: number } = {}) {
    this.#run = run;
    this.#readsPerRenewal = readsPerRenewal;
  }

  /**
   * Reads who has what, once for each renewal.
   *
   * @param sessions How many machines do that.
   * @returns The owner of each partition, if it ever had one.
   */
  async read(sessions: number): Promise<readonly (KnownOwner | undefined)[]> {
    const every = Math.ceil(sessions * this.#run.partitions / this.#readsPerRenewal);
    const isFirst = this.#owners.length === 0;
    if (this.#times++ % every === 0 || isFirst) await this.#readAll();
    else await this.#readChanges();
    return this.#owners;
  }

  async #readAll(): Promise<void> {
    const { owners, partitions } = this.#run;
    const changed = await owners.lastRevision(); // before the first is read: what changes meanwhile is read again
    const all: (KnownOwner | undefined)[] = [];
    while (all.length < partitions) {
      const some = Array.from({ length: Math.min(READ_AT_ONCE, partitions - all.length) }, (_, at) => all.length + at);
      const found = await Promise.all(some.map((partition) => owners.get(keyOf(partition))));
      all.push(...found.map((each) => each && { ...readOwner(each), revision: each.revision }));
    }
    this.#owners = all;
    this.#changed = changed;
  }

  async #readChanges(): Promise<void> {
    const { owners, partitions } = this.#run;
    for await (const change of owners.changes(this.#changed)) {
      const partition = Number(change.key);
      if (partition < partitions) this.#owners[partition] = { ...readOwner(change), revision: change.revision };
      this.#changed = change.revision;
    }
  }
}
