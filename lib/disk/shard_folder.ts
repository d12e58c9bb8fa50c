/**
 * The shards of an output folder: which there are, and what runs that were killed have left of others.
 *
 * A shard that isn't whole is in the state folder. The journal says of each body where in which shard it ends, after it was
 * written there; so what the journal knows of a shard is there when it is as long as that, and what is behind the last such
 * place was never reported, and is cut off. Then the shard goes on, or gets its name.
 *
 * @module
 */

import type { ShardFormat, SharedShards } from "../core/shards.ts";
import { CannotWriteError } from "../core/errors.ts";
import type { Contents } from "./destination.ts";
import type { FileNames, TakenName } from "./final_names.ts";
import { type JournalRecord, readJournal } from "./journal.ts";
import type { KnownFile } from "./known_files.ts";
import { finishShard, hasItsName, infoOf, trailerOf } from "./finish_shard.ts";
import type { Sending } from "./send_shard.ts";
import { memberName, readPlace, shardName, UNFINISHED, unfinishedNumber } from "./shard_names.ts";
import { STATE_FOLDER } from "./state_folder.ts";

/** What shards are to be. */
export interface ShardOptions {
  /** Their format. */
  format: ShardFormat;
  /** Bytes that one may have at most. */
  bytes: number;
}

/** What is known of a shard. */
interface Known {
  /** Where what the journal knows of it may end at most. */
  size: number;
  /** Where the last of that ends. */
  end: number;
  /** Whether the journal knows of more than there is: then it was cut by something else than the end of a run. */
  lacks: boolean;
}

/** The shards of an output folder that this run has open. */
export class ShardFolder {
  readonly #path: string;
  readonly #state: string;
  readonly #options: ShardOptions;
  readonly #contents: Contents | undefined;
  readonly #known = new Map<string, Known>();
  /** Numbers of those in the state folder. */
  readonly #unfinished: number[];
  #next = 0;
  #journalBytes = 0;

  /**
   * Looks which shards are in the state folder.
   *
   * @param path The output folder, whose state folder is this run's alone.
   * @param options What shards are to be.
   * @param contents What is where shards go once they are whole. Default: they stay in the folder.
   */
  constructor(path: string, options: ShardOptions, contents?: Contents) {
    this.#path = path;
    this.#contents = contents;
    this.#state = `${path}/${STATE_FOLDER}`;
    this.#options = options;
    this.#unfinished = this.#listed();
    for (const number of this.#unfinished) this.#next = Math.max(this.#next, number + 1);
  }

  /** Gives the number of a file that is there, if it is a shard, to no other. */
  skipNumber(file: string): void {
    const { number = -1 } = readPlace(`${file}:0`) ?? {};
    this.#next = Math.max(this.#next, number + 1);
  }

  /**
   * Takes in what the journal says of a body.
   *
   * @param text Where it is, as the journal has it.
   * @returns Whether it is there.
   */
  has(text: string): boolean {
    const place = readPlace(text);
    if (place === undefined) return false;
    this.#next = Math.max(this.#next, place.number + 1);
    if (place.format !== this.#options.format) return false;
    const known = this.#look(place.shard);
    if (place.end > known.size) known.lacks = true;
    else known.end = Math.max(known.end, place.end);
    return place.end <= known.size;
  }

  /** The shard that something is in, by its record; undefined if it isn't there. */
  find({ storedName, size }: Readonly<JournalRecord>): KnownFile | undefined {
    const place = readPlace(storedName);
    const isThere = place !== undefined && place.end <= (this.#known.get(place.shard)?.size ?? -1);
    return isThere ? { file: place.shard, naming: "stored", bytes: size } : undefined;
  }

  /**
   * Takes a name for a member.
   *
   * @param names The keys that are taken.
   * @param plain The name that its file would have.
   * @param asked What was asked for.
   * @returns A name with a key that nothing else has.
   */
  take(names: FileNames, plain: string, asked: string): TakenName {
    const { key, ending } = memberName(plain);
    const { file, naming } = names.take(key, asked);
    return { file: `${memberName(file).key}.${ending}`, naming };
  }

  /**
   * Prepares what was begun to be gone on with, once the journal has been read.
   *
   * @returns What isolates share.
   * @throws {CannotWriteError} If something else has the name of a shard that was begun.
   */
  open(): SharedShards {
    this.#journalBytes = sizeOf(`${this.#state}/journal`) ?? 0;
    for (const shard of this.#unsent()) this.#checkName(shard, sizeOf(`${this.#path}/${shard}`));
    const unfinished = this.#unfinished.filter((number) => this.#recover(shardName(number, this.#options.format)));
    const taken = new Int32Array(new SharedArrayBuffer(4));
    return { ...this.#options, unfinished, next: this.#next, taken };
  }

  /**
   * Gives all shards their names that haven't got them yet, whoever has written them; nobody may write any more.
   *
   * @param sending Where all that have one go then. Default: they stay in the folder.
   * @throws {CannotWriteError} If that can't be done.
   */
  async finish(sending?: Sending): Promise<void> {
    await this.#finishLeft();
    if (sending === undefined) return;
    const { sendShard } = await import("./send_shard.ts");
    for (const shard of this.#unsent()) await sendShard(this.#path, shard, sending);
  }

  async #finishLeft(): Promise<void> {
    const { format } = this.#options;
    const left = this.#listed();
    if (left.length === 0) return;
    const ends = new Map(left.map((number) => {
      const shard = shardName(number, format);
      return [shard, this.#known.get(shard)?.end ?? 0];
    }));
    const reading = readJournal(`${this.#state}/journal`, ({ naming, storedName }) => {
      const { shard, end } = naming === "shard" && readPlace(storedName) || {};
      const before = shard === undefined ? undefined : ends.get(shard);
      if (shard !== undefined && end !== undefined && before !== undefined) ends.set(shard, Math.max(before, end));
    }, this.#journalBytes);
    for (const _ of reading);
    for (const [shard, end] of ends) await finishShard(this.#path, shard, end, format);
  }

  /** The numbers of shards that are in the state folder. */
  #listed(): number[] {
    if (infoOf(this.#state) === undefined) return []; // a folder that is only looked at
    const names = [...Deno.readDirSync(this.#state)].map(({ name }) => name);
    return names.flatMap((name) => unfinishedNumber(name, this.#options.format) ?? []).sort((a, b) => a - b);
  }

  /** Shards that have their names, and aren't where they go, as far as is known. */
  #unsent(): string[] {
    if (this.#contents === undefined || infoOf(this.#path) === undefined) return [];
    const names = [...Deno.readDirSync(this.#path)].map(({ name }) => name);
    return names.filter((name) => readPlace(`${name}:0`) !== undefined).sort();
  }

  /** One of another size isn't this one: then another state folder's run has given the same number. */
  #checkName(shard: string, size?: number): void {
    const there = this.#contents?.sizeOf(shard);
    if (there === undefined || there === size) return;
    throw new CannotWriteError(`cannot save the shard ${shard}: something else has that name there; move it away`);
  }

  #look(shard: string): Known {
    let known = this.#known.get(shard);
    if (known === undefined) {
      const whole = sizeOf(`${this.#path}/${shard}`);
      const unfinished = whole === undefined ? sizeOf(`${this.#state}/${shard}${UNFINISHED}`) : undefined;
      const size = unfinished ??
        (whole ?? this.#contents?.sizeOf(shard) ?? -1) - trailerOf(this.#options.format).length;
      this.#known.set(shard, known = { size, end: 0, lacks: false });
    }
    return known;
  }

  /** Cuts off what isn't known, and says whether the shard can be gone on with. */
  #recover(shard: string): boolean {
    const path = `${this.#state}/${shard}${UNFINISHED}`;
    const { end, lacks } = this.#look(shard);
    try {
      // It may have been killed between the two steps of giving it its name
      if (hasItsName(path, `${this.#path}/${shard}`)) return false;
      this.#checkName(shard);
      Deno.truncateSync(path, end);
    } catch (cause) {
      throw new CannotWriteError(`cannot go on with the shard ${path}`, { cause });
    }
    return !lacks; // else what the journal knows and isn't there would seem to be there once the shard is longer
  }
}

/** Bytes of a file; undefined if there is none. */
function sizeOf(path: string): number | undefined {
  const info = infoOf(path);
  return info?.isFile ? info.size : undefined;
}
