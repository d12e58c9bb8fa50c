/**
 * A partition that this machine works on: reads its chunks, gives out what has no outcome yet, takes outcomes, and knows when
 * all is done.
 *
 * @module
 */

import type { Outcome } from "../core/outcome.ts";
import type { SharedDownload } from "../core/shared_run.ts";
import type { Run } from "./broker.ts";
import { BrokerError } from "./broker_error.ts";
import { type Chunk, decodeChunk } from "./chunk.ts";
import type { Feeding } from "./feed.ts";
import { wait } from "./partition_log.ts";
import type { Held } from "./ownership.ts";
import type { OutcomesWriter } from "./outcomes_log.ts";

/** Milliseconds between two looks for a chunk that isn't published yet: at first, and after a while without one. */
const [LOOK_FIRST_MS, LOOK_MOST_MS] = [100, 2_000];

/** A download as the engine gets it, and gives it back with its outcome. */
export interface WorkDownload extends SharedDownload {
  /** Its number within the partition. */
  number: number;
  /** Its number within the list. */
  listId: number;
  /** Which time it is that this machine has the partition. */
  tenure: number;
}

/** What a {@linkcode PartitionWork} is made of. */
export interface WorkOptions {
  /** The run. */
  run: Run;
  /** The partition, as it was taken. */
  held: Held;
  /** Appends its outcomes. */
  writer: OutcomesWriter;
  /** Tells this time from others that this machine has the partition. */
  tenure: number;
  /** Downloads whose outcome is known already, though it isn't in the log yet. */
  known: ReadonlyMap<number, Outcome>;
  /** Called when there may be more to give, or nothing more to do. */
  onChange: (work: PartitionWork) => void;
  /** Called with what keeps it from going on. */
  onError: (cause: unknown) => void;
}

/** A partition at work. */
export class PartitionWork implements Feeding {
  /** Resolves once it has been handed back, or lost; from the beginning of that on. */
  leaving: Promise<void> | undefined;
  /** When what is in flight of it is aborted, by `performance.now()`, if it is being handed back. */
  abortAt: number = Infinity;
  readonly #options: WorkOptions;
  readonly #stopping = new AbortController();
  readonly #given = new Set<number>();
  /** What is read and not given yet. */
  #ready: WorkDownload[] = [];
  #at = 0;
  #isReading = false;
  /** Up to where chunks are read. */
  #seq = 0;
  #chunks = 0;
  #downloads = 0;
  #total: number | undefined;

  /**
   * Has read nothing yet.
   *
   * @param options What it is made of.
   */
  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Which one. */
  get partition(): number {
    return this.#options.held.partition;
  }

  /** How it was taken. */
  get held(): Held {
    return this.#options.held;
  }

  /** Appends its outcomes. */
  get writer(): OutcomesWriter {
    return this.#options.writer;
  }

  /** Tells this time from others that this machine has the partition. */
  get tenure(): number {
    return this.#options.tenure;
  }

  /** Whether it is being handed back: nothing more is given. */
  get isLeaving(): boolean {
    return this.leaving !== undefined;
  }

  /** Downloads that the engine has. */
  get given(): number {
    return this.#given.size;
  }

  /** Whether all of its downloads are published, and have ended. */
  get isDone(): boolean {
    return this.#total !== undefined && this.#at === this.#ready.length && this.#given.size === 0;
  }

  /** How many downloads it has, once its publisher has said so. */
  get total(): number | undefined {
    return this.#total;
  }

  /** Takes the next downloads. */
  take(most: number): WorkDownload[] {
    if (this.isLeaving) return [];
    const taken = this.#ready.slice(this.#at, this.#at + most);
    this.#at += taken.length;
    for (const { number } of taken) this.#given.add(number);
    if (this.#at === this.#ready.length && this.#total === undefined && !this.#isReading) void this.#read();
    return taken;
  }

  /**
   * Takes the outcome of a download that was given.
   *
   * @param number Its number within the partition.
   * @param outcome How it ended.
   */
  end(number: number, outcome: Outcome): void {
    this.#given.delete(number);
    this.writer.add(number, outcome);
  }

  /** Stops reading. */
  stop(): void {
    this.#stopping.abort(new Error("the partition isn't this machine's any more"));
  }

  /** Reads the next chunk, as soon as it is published. */
  async #read(): Promise<void> {
    const { onChange, onError } = this.#options;
    this.#isReading = true;
    try {
      const chunk = await this.#next();
      if (this.#stopping.signal.aborted) return;
      this.#isReading = false;
      this.#ready = this.#unfinished(chunk);
      this.#at = 0;
      this.#total = chunk.totals?.partition;
      onChange(this);
    } catch (cause) {
      if (!this.#stopping.signal.aborted) onError(cause);
    }
  }

  async #next(): Promise<Chunk> {
    const { run, held } = this.#options;
    const { signal } = this.#stopping;
    for (let waitMs = LOOK_FIRST_MS;; waitMs = Math.min(2 * waitMs, LOOK_MOST_MS)) {
      try {
        const logged = await run.jobs.next(held.partition, this.#seq);
        if (logged) {
          this.#seq = logged.seq;
          return this.#check(decodeChunk(logged.data));
        }
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kind !== "unreachable") throw error;
      }
      await wait(waitMs, signal);
    }
  }

  /** A broker that lost what it confirmed has gaps. */
  #check(chunk: Chunk): Chunk {
    const { run, held } = this.#options;
    if (chunk.number !== this.#chunks || chunk.first !== this.#downloads) {
      throw new BrokerError(
        "other",
        `The run ${run.name} lacks downloads in partition ${held.partition}: publish the list again under another --run`,
      );
    }
    this.#chunks++;
    this.#downloads += chunk.jobs.length;
    return chunk;
  }

  #unfinished({ first, jobs }: Chunk): WorkDownload[] {
    const { held, known, tenure } = this.#options;
    const { finished } = this.writer.state;
    const { partition } = held;
    return jobs.flatMap(({ id, ...job }, at) => {
      const number = first + at;
      if (finished.has(number) || known.has(number)) return [];
      return [{ ...job, partition, number, listId: id, tenure }];
    });
  }
}
