/**
 * Who has which partition, as far as this machine knows: read once, then kept up to date by a watch, since reading some
 * hundred keys at each renewal of a thousand machines would be all that a broker does.
 *
 * What it says may be late. Whoever takes a partition reads its key again.
 *
 * @module
 */

import type { Run } from "./broker.ts";
import { type Owner, readOwner } from "./owner_key.ts";

/** Keys that are read at once. */
const READ_AT_ONCE = 32;

/** Milliseconds after which all keys are read again, whatever the watch has said: it may have been cut off unnoticed. */
const READ_AGAIN_MS = 60_000;

/** An owner, and the revision of its key. */
export type KnownOwner = Owner & { revision: number };

/** The owners of all partitions. */
export class OwnersView {
  readonly #run: Run;
  readonly #onChange: () => void;
  #owners = new Map<number, KnownOwner>();
  #readAt = -Infinity;
  #watching: AbortController | undefined;
  #isEnded = false;

  /**
   * Knows nothing yet.
   *
   * @param run The run.
   * @param onChange Called when the watch has brought something. Default: nobody waits for it.
   */
  constructor(run: Run, onChange: () => void = () => {}) {
    this.#run = run;
    this.#onChange = onChange;
  }

  /** Whether all partitions are finished, as far as is known. */
  get isAllFinished(): boolean {
    return this.#owners.size === this.#run.partitions && this.#owners.values().every(({ isFinished }) => isFinished);
  }

  /**
   * The owners by partition; undefined for one that nobody has had yet.
   *
   * @throws {BrokerError} If the broker doesn't say.
   */
  async read(): Promise<(KnownOwner | undefined)[]> {
    const { partitions } = this.#run;
    const isStale = performance.now() - this.#readAt > READ_AGAIN_MS;
    if (isStale || this.#watching === undefined) await this.#readAll();
    return Array.from({ length: partitions }, (_, partition) => this.#owners.get(partition));
  }

  /**
   * Notes an owner.
   *
   * @param partition Its partition.
   * @param owner What the key says, at which revision: an older one than what is known says nothing.
   */
  note(partition: number, owner: KnownOwner): void {
    const known = this.#owners.get(partition);
    if (known === undefined || known.revision < owner.revision) this.#owners.set(partition, owner);
  }

  /** Watches nothing any more. */
  end(): void {
    this.#isEnded = true;
    this.#watching?.abort();
  }

  /** What is read counts, even if it is older than what was known: a broker may have lost its last moments. */
  async #readAll(): Promise<void> {
    const { owners, partitions } = this.#run;
    this.#owners = new Map();
    this.#watch();
    for (let from = 0; from < partitions; from += READ_AT_ONCE) {
      const some = Array.from({ length: Math.min(READ_AT_ONCE, partitions - from) }, (_, at) => from + at);
      const found = await Promise.all(some.map((partition) => owners.get(`${partition}`)));
      found.forEach((each, at) => each && this.note(from + at, { ...readOwner(each), revision: each.revision }));
    }
    this.#readAt = performance.now();
  }

  /** Watches until that breaks off; then the next look reads all keys again, and watches again. */
  #watch(): void {
    this.#watching?.abort();
    if (this.#isEnded) return;
    const watching = this.#watching = new AbortController();
    const noteChange = (key: string, value: Uint8Array, revision: number) => {
      const partition = Number(key);
      if (!Number.isInteger(partition) || partition >= this.#run.partitions || watching.signal.aborted) return;
      this.note(partition, { ...readOwner({ value, revision }), revision });
      this.#onChange();
    };
    const end = () => {
      if (this.#watching === watching) this.#watching = undefined;
    };
    this.#run.owners.watch(noteChange, watching.signal).then(end, end);
  }
}
