/**
 * Publishes a list: reads it once, whatever its size, and appends its downloads to their partitions chunk by chunk, while
 * others work on them already.
 *
 * What is published says itself how far it got. So the same command again goes on after a publisher that was killed: it reads
 * the list from its start, leaves out as many downloads of each partition as that has, and looks whether they are the same.
 *
 * @module
 */

import { readDigests } from "../core/digests.ts";
import type { Download } from "../core/download.ts";
import { CommandError, UsageError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Item, Source } from "../core/source.ts";
import { readRecord } from "../source/list_record.ts";
import type { Run } from "./broker.ts";
import { BrokerError } from "./broker_error.ts";
import {
  type Chunk,
  encodeRow,
  encodeRows,
  MAX_CHUNK_CHARACTERS,
  MAX_CHUNK_DOWNLOADS,
  type PublishedJob,
} from "./chunk.ts";
import { type Filling, readEnds } from "./filling.ts";
import { listDigest } from "./list_digest.ts";
import { partitionOf } from "./partition.ts";

/** Chunks on their way at most: the broker confirms some 300 a second, in a few milliseconds each. */
const MAX_SENDING = 32;

/** Characters of all chunks that are being filled at most: beyond that the fullest goes as it is. */
const MAX_FILLING = 16 * 1_024 ** 2;

/** Milliseconds after which what there is goes out, if the list brings nothing more for now. */
const IDLE_MS = 500;

/** What a number in a chunk takes at most, with its separator. */
const ROW_CHARACTERS = 24;

/** How to publish. */
export interface PublishOptions {
  /**
   * Chooses the file of a download, or says that the list has named it before. Called for each in the list's order, whether
   * it is published or was. Default: none is chosen.
   */
  target?: (download: Download, id: number) => PublishedJob["target"] | "duplicate";
  /** Ends it; the same call again goes on. Default: it goes to the end of the list. */
  signal?: AbortSignal;
}

/** What came of publishing. */
export interface Published {
  /** Downloads of the whole list. */
  downloads: number;
  /** Those of them that were published before. */
  before: number;
}

/**
 * Publishes a list.
 *
 * @param run The run that it is for.
 * @param source The list.
 * @param options How to publish.
 * @returns What came of it, once all is confirmed by the broker.
 * @throws {BrokerError} If the broker can't take it. What it has taken stays, and the same call again goes on.
 * @throws {CommandError} If something else was published for this run before.
 */
export async function publish(run: Run, source: Source, options: PublishOptions = {}): Promise<Published> {
  return await new Publisher(run, options, await readEnds(run)).publish(source);
}

class Publisher {
  readonly #run: Run;
  readonly #options: PublishOptions;
  readonly #fillings: readonly Filling[];
  readonly #sending = new Set<Promise<void>>();
  #characters = 0;
  #downloads = 0;
  #failure: { cause: unknown } | undefined;

  constructor(run: Run, options: PublishOptions, fillings: readonly Filling[]) {
    this.#run = run;
    this.#options = options;
    this.#fillings = fillings;
  }

  async publish(source: Source): Promise<Published> {
    let seen = -1;
    const idle = setInterval(() => {
      if (seen === this.#downloads) this.#sendSome();
      seen = this.#downloads;
    }, IDLE_MS);
    try {
      for await (const some of source) {
        for (const item of isBatch(some) ? some : [some]) {
          const going = this.#list(item);
          if (going) await going; // an await for each would take half as long again
        }
        this.#check();
      }
      for (const filling of this.#fillings) await this.#end(filling);
    } finally {
      clearInterval(idle);
      await Promise.all(this.#sending);
    }
    this.#check();
    return {
      downloads: this.#downloads,
      before: this.#fillings.reduce((sum, { before }) => sum + before.downloads, 0),
    };
  }

  /** Puts a download into its partition's chunk, unless it is published already; waits only where a chunk has to go first. */
  #list(item: Item): Promise<void> | undefined {
    const job = this.#jobOf(item, this.#downloads++);
    const filling = this.#fillings[partitionOf(job.url, this.#run.partitions)];
    const { before } = filling;
    if (filling.listed === before.downloads && before.isWhole) throw changed(this.#run);
    filling.listed++;
    filling.digest = listDigest(job, filling.digest);
    if (filling.listed > before.downloads) return this.#add(filling, job);
    if (filling.listed === before.downloads && filling.digest !== before.digest) throw changed(this.#run);
    return undefined;
  }

  #jobOf(item: Item, id: number): PublishedJob {
    const given: Download = typeof item === "string" ? { url: item } : item;
    if (given.mirrors?.length) {
      throw new UsageError(
        `Download ${
          id + 1
        } of the list has several URLs, which doesn't go with --queue: each host is one machine's, which ` +
          "keeps its limits, and the URLs of one download may be of several hosts",
      );
    }
    const problem = given.digests && !readDigests(given.digests) ? "its digests are none" : readRecord(given);
    if (typeof problem === "string") {
      throw new TypeError(`Download ${id + 1} of the list can't be published: ${problem}`);
    }
    const target = this.#options.target?.(given, id);
    if (target === "duplicate") return { ...given, id, isDuplicate: true };
    return target ? { ...given, id, target } : { ...given, id };
  }

  #add(filling: Filling, job: PublishedJob): Promise<void> | undefined {
    const row = encodeRow(job);
    const characters = row.length + ROW_CHARACTERS;
    if (characters > MAX_CHUNK_CHARACTERS) {
      throw new RangeError(
        `${quoted(job.url)} takes ${characters} characters, and at most ${MAX_CHUNK_CHARACTERS} can go`,
      );
    }
    const put = () => {
      filling.rows.add(job.id, row);
      // The digest of what the chunk has, which isn't always all that is listed
      filling.digestOfJobs = filling.digest;
      filling.characters += characters;
      this.#characters += characters;
    };
    if (filling.characters + characters > MAX_CHUNK_CHARACTERS) return this.#send(filling).then(put);
    put();
    if (filling.rows.count === MAX_CHUNK_DOWNLOADS) return this.#send(filling);
    return this.#characters > MAX_FILLING ? this.#send(this.#fullest()) : undefined;
  }

  /** Sends a partition's last chunk, which says how many there are. */
  async #end(filling: Filling): Promise<void> {
    const { before, listed } = filling;
    if (listed < before.downloads) throw changed(this.#run);
    if (!before.isWhole) await this.#send(filling, { partition: listed, run: this.#downloads });
  }

  /** Sends what a partition's chunk has, as soon as the one before it is confirmed and not too many are on their way. */
  async #send(filling: Filling, totals?: Chunk["totals"]): Promise<void> {
    while (filling.sending || this.#sending.size >= MAX_SENDING) {
      await (filling.sending ?? Promise.race(this.#sending));
      this.#check();
    }
    if (filling.rows.count > 0 || totals) this.#start(filling, totals);
  }

  /** Sends what there is, where that can be done at once. */
  #sendSome(): void {
    for (const filling of this.#fillings) {
      if (this.#sending.size >= MAX_SENDING) return;
      if (filling.rows.count > 0 && !filling.sending) this.#start(filling);
    }
  }

  #start(filling: Filling, totals?: Chunk["totals"]): void {
    const { partition, seq, rows } = filling;
    const head = { number: filling.chunks, first: filling.published, digest: filling.digestOfJobs, totals };
    filling.chunks++;
    filling.published += rows.count;
    this.#characters -= filling.characters;
    filling.characters = 0;
    const sending = this.#run.jobs.append(partition, encodeRows(head, rows), {
      after: seq,
      signal: this.#options.signal,
    })
      .then((sent) => {
        filling.seq = sent;
      }, (cause) => {
        this.#failure ??= { cause };
      }).finally(() => {
        filling.sending = undefined;
        this.#sending.delete(sending);
      });
    filling.sending = sending;
    this.#sending.add(sending);
  }

  #fullest(): Filling {
    return this.#fillings.reduce((fullest, each) => each.characters > fullest.characters ? each : fullest);
  }

  #check(): void {
    this.#options.signal?.throwIfAborted();
    if (!this.#failure) return;
    const { cause } = this.#failure;
    if (!(cause instanceof BrokerError) || cause.kind !== "conflict") throw cause;
    throw new CommandError(
      `Publishing the run ${this.#run.name} stopped: somebody else publishes it, too; let one of them do it`,
      { cause },
    );
  }
}

function changed({ name }: Run): CommandError {
  return new CommandError(
    `The list isn't the one that was published as the run ${name}, or --name or --sums isn't: give this one another --run`,
  );
}

function isBatch(some: Item | readonly Item[]): some is readonly Item[] {
  return Array.isArray(some);
}
