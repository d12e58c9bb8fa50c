/**
 * Bodies go into shards: large files with many bodies in each, because a million small files are slow on every file system.
 *
 * Each isolate writes a shard of its own, whose number no other has. A body is written behind the others, then the journal
 * gets its record, which says where in which shard it ends; so a process that is killed at any moment leaves nothing that the
 * journal doesn't know, but for the end of the file, and shard_folder.ts cuts that off. A shard that is full gets its name.
 *
 * What is small is written synchronously, in one go with what there is to say of it. What isn't has been written to a file
 * of its own before, because a shard has its length before it; it is copied while others wait.
 *
 * @module
 */

import type { SharedShards } from "../core/shards.ts";
import { foldName } from "./claimed_names.ts";
import { distinctName } from "./file_name.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { finishShard } from "./finish_shard.ts";
import { gather, type Gathered } from "./gather.ts";
import type { Saved, SaveTarget } from "./save.ts";
import type { Sending } from "./send_shard.ts";
import { ShardFile } from "./shard_file.ts";
import { memberName, placeText } from "./shard_names.ts";
import type { Store, StoreParts } from "./store.ts";

/** What there is to write of a body. */
export interface Member {
  /** The shard that it goes to. */
  shard: string;
  /** Its name in there. */
  name: string;
  /** Its bytes. */
  size: number;
  /** Its SHA-256, if it was computed. */
  sha256: string | undefined;
  /** Where it is from and what is to be said of it. */
  target: SaveTarget;
}

/** How bodies are written in a kind of shard. */
export interface ShardWriter {
  /**
   * Writes a member.
   *
   * @param member The member.
   * @param body Its bytes.
   * @returns All of it, in memory that is used again for the next.
   */
  pack(member: Member, body: Uint8Array): Uint8Array;
  /**
   * The same for one that is in a file.
   *
   * @param member The member.
   * @param path The file.
   * @returns What to write, piece by piece; each is used again for the next.
   */
  packFile(member: Member, path: string): AsyncIterable<Uint8Array>;
  /** What a shard begins with. */
  header(shard: string): Uint8Array;
}

/** Bytes that what is said of a body has about, so that one in a file isn't begun where there is no room for it. */
const ABOUT = 4_096;

/** Bytes of a body of unknown length that are kept in memory: of four hundred at once, 26 MB. */
const IN_MEMORY = 65_536;

/** Writes bodies to shards. Every isolate has its own. */
export class ShardStore implements Store {
  readonly #parts: StoreParts;
  readonly #shards: SharedShards;
  readonly #writer: ShardWriter;
  readonly #sending: Sending | undefined;
  readonly #key = new Uint32Array(FINGERPRINT_WORDS);
  readonly #name = new Uint32Array(FINGERPRINT_WORDS);
  #open: ShardFile | undefined;
  /** Settled once the shard may be written again. */
  #busy: Promise<unknown> | undefined;
  /** Settled once the shard before has its name. */
  #finishing: Promise<void> | undefined;
  /** The last records that aren't written yet. */
  #recorded: Promise<void> | undefined;
  /** What went wrong: behind that, nothing may be written, since what is there isn't known. */
  #failure: { cause: unknown } | undefined;

  /**
   * Opens no shard yet: the first body does.
   *
   * @param parts What of the folder it needs.
   * @param shards What shards are to be, and their numbers.
   * @param how How bodies are written in them, and where whole ones go (default: they stay in the folder).
   */
  constructor(
    parts: StoreParts,
    shards: SharedShards,
    { writer, sending }: { writer: ShardWriter; sending?: Sending },
  ) {
    this.#sending = sending;
    this.#parts = parts;
    this.#shards = shards;
    this.#writer = writer;
  }

  /** Adds a body that is in memory. */
  async addBytes(body: Uint8Array, target: SaveTarget, sha256: string | undefined): Promise<Saved> {
    const name = this.#memberFor(target);
    while (true) {
      while (this.#busy) await this.#busy;
      const shard = this.#shard();
      const packed = this.#writer.pack({ shard: shard.name, name, size: body.length, sha256, target }, body);
      if (shard.isFull(packed.length, this.#shards)) {
        await this.#alone(() => this.#rotate(shard));
        continue;
      }
      shard.add(packed);
      return await this.#record(shard, { name, size: body.length, sha256, target });
    }
  }

  /** Adds a body that is in a file, which stays there. */
  async addFile(path: string, size: number, target: SaveTarget, sha256: string | undefined): Promise<Saved> {
    const name = this.#memberFor(target);
    while (this.#busy) await this.#busy;
    return await this.#alone(async () => {
      let shard = this.#shard();
      if (shard.isFull(size + ABOUT, this.#shards)) {
        await this.#rotate(shard);
        shard = this.#shard();
      }
      await shard.addPieces(this.#writer.packFile({ shard: shard.name, name, size, sha256, target }, path));
      return await this.#record(shard, { name, size, sha256, target });
    });
  }

  /** Reads a small body to its end: what is in memory is written in one go. */
  gather(body: AsyncIterable<Uint8Array>): Promise<Gathered> {
    return gather(body, IN_MEMORY);
  }

  /** Gives the shard its name, in which it is whole. */
  async finish(): Promise<void> {
    while (this.#busy) await this.#busy;
    const failure = this.#failure?.cause ?? this.#open?.failure;
    if (failure) throw failure;
    const shard = this.#open;
    if (shard !== undefined) await this.#alone(() => this.#rotate(shard));
    await this.#finishing;
    if (this.#failure) throw this.#failure.cause;
  }

  /** Closes the shard without finishing it. */
  [Symbol.dispose](): void {
    this.#open?.[Symbol.dispose]();
    this.#open = undefined;
  }

  /** The shard to write to. */
  #shard(): ShardFile {
    if (this.#failure) throw this.#failure.cause;
    if (this.#open?.failure) throw this.#open.failure;
    return this.#open ??= ShardFile.begin(this.#parts.folder, this.#shards, (name) => this.#writer.header(name));
  }

  /** Goes on with another shard, while this one gets its name. One at a time, so that a slow disk is waited for. */
  async #rotate(shard: ShardFile): Promise<void> {
    if (this.#open !== shard) return; // another body has found the same
    await this.#finishing;
    this.#open = undefined;
    this.#finishing = this.#finish(shard).catch((cause) => {
      this.#failure ??= { cause };
    });
  }

  async #finish(shard: ShardFile): Promise<void> {
    shard[Symbol.dispose]();
    await this.#recorded;
    if (this.#failure) return; // the next run finds out what the journal knows of it
    const { folder } = this.#parts;
    await finishShard(folder, shard.name, shard.end, this.#shards.format);
    if (this.#sending === undefined) return;
    const { sendShard } = await import("./send_shard.ts");
    await sendShard(folder, shard.name, this.#sending);
  }

  /** Does something while nobody else writes. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#busy = promise;
    try {
      return await work();
    } finally {
      this.#busy = undefined;
      resolve();
    }
  }

  async #record(shard: ShardFile, { name, size, sha256, target }: Omit<Member, "shard">): Promise<Saved> {
    fingerprint(target.key, this.#key);
    fingerprint(foldName(memberName(name).key), this.#name);
    const storedName = placeText({ shard: shard.name, end: shard.end });
    const recorded = this.#parts.journal.append({
      key: this.#key,
      size,
      naming: "shard",
      storedName,
      name: this.#name,
    });
    this.#recorded = recorded.catch((cause) => {
      this.#failure ??= { cause }; // what follows it would say that it is known
    });
    await recorded;
    // In a WARC file, a body is found by its URL
    const member = this.#shards.format === "tar" ? { member: name } : undefined;
    return { file: shard.name, ...member, size, ...sha256 !== undefined && { sha256 } };
  }

  /** The name of a member: the one that was given out, or the one that its server gave. */
  #memberFor({ file, serverName, key, isShared }: SaveTarget): string {
    if (serverName === undefined) return file;
    const { key: wanted, ending } = memberName(serverName);
    const given = memberName(file);
    if (wanted === given.key) return `${given.key}.${ending}`;
    const name = isShared ? distinctName(wanted, key) : wanted;
    return `${this.#parts.names.take(name, key).file}.${ending}`;
  }
}
