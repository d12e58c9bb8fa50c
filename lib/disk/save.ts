/**
 * Where bodies go: into files that are whole or not there.
 *
 * A body goes to a temporary file in the output folder's `.download-stuff/`; when it is complete and right, the journal
 * gets its record, and the file is renamed to its target. A process that is killed at any moment, or a full disk, leaves
 * at most temporary files, which the next run clears away or continues.
 *
 * Nearly everything is written synchronously. For a file of 10 KB, asynchronous writing takes 2.5 times the CPU (45 against
 * 18 us), because each step goes through another thread. That is worth it only for large bodies that come as fast as they
 * are written; for others, a disk that can't keep up is what a download should wait for anyway.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { KEEP_PARTIAL_FROM, SYNC_FILES } from "../../constants.ts";
import type { Naming } from "../core/download.ts";
import type { SharedNames } from "../core/settings.ts";
import { ClaimedNames, foldName } from "./claimed_names.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalWriter } from "./journal.ts";
import { STATE_FOLDER } from "./output_folder.ts";
import type { Partial, Validator } from "./resume.ts";
import { Partials, remove } from "./partials.ts";
import { placeFile } from "./place_file.ts";
import { fileError, SaveError } from "./save_error.ts";
import { type Progress, writeChunks } from "./write_chunks.ts";

export { SaveError };

/** Names that are tried for a file, each of which proves to be something else's just when it is to be used. */
const MOST_NAMES = 10;

/** Where a body is to go and what it must be. */
export interface SaveTarget {
  /** What was asked for; see `downloadKey()`. */
  key: string;
  /** The file, a safe path within the output folder, as the output folder gave it out. */
  file: string;
  /** How the file got its name. */
  naming: Naming;
  /** Whether the journal knows the file as this URL's, so that it may be replaced, and keeps its name. Default: false. */
  isOwn?: boolean;
  /** The safe name the server gave instead, if it gave one. Default: none. */
  serverName?: string;
  /** Bytes the whole body must have. Default: any number. */
  length?: number;
  /** The SHA-256 it must have, in hexadecimal. Default: not checked. */
  sha256?: string;
  /** What it takes to continue the body later. Default: it can't be. */
  validator?: Validator;
  /** The unfinished body that this one is the rest of. Default: this is the whole. */
  restOf?: Partial;
  /** Called with how many bytes there are of a body of known length that broke off and is kept. Default: none. */
  onKept?: (bytes: number) => void;
  /**
   * Whether a piece may be written while the next is read; each must stay what it is until the next but one is asked for.
   * Default: false.
   */
  overlaps?: boolean;
}

/** A body that was saved. */
export interface Saved {
  /** The file, a path within the output folder. */
  file: string;
  /** Its bytes. */
  bytes: number;
  /** Its SHA-256 in hexadecimal, if that was asked for. */
  sha256?: string;
}

/** How to save. */
export interface SaverOptions {
  /** The names that are taken, from the output folder that is open. */
  names: SharedNames;
  /** Compute the SHA-256 of every body, not only of those whose SHA-256 is given. Default: false. */
  digest?: boolean;
}

/** Saves bodies to an output folder that this process has open. Every worker has its own. */
export class Saver implements Disposable {
  readonly #folder: string;
  readonly #state: string;
  readonly #names: FileNames;
  readonly #digest: boolean;
  readonly #journal: JournalWriter;
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #key = new Uint32Array(FINGERPRINT_WORDS);
  readonly #name = new Uint32Array(FINGERPRINT_WORDS);
  readonly #partials: Partials;
  #count = 0;

  /**
   * Opens the journal to add to it.
   *
   * @param folder The output folder.
   * @param options How to save.
   * @throws {CannotWriteError} If the journal can't be opened.
   */
  constructor(folder: string, { names, digest = false }: SaverOptions) {
    this.#folder = folder;
    this.#state = `${folder}/${STATE_FOLDER}`;
    this.#names = new FileNames(folder, new ClaimedNames(names));
    this.#digest = digest;
    this.#journal = new JournalWriter(`${this.#state}/journal`);
    this.#partials = new Partials(this.#state);
  }

  /**
   * Saves a body that is in memory: the fastest way for a small one.
   *
   * @param body The body.
   * @param target Where it is to go and what it must be.
   * @returns Where it went.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {CannotWriteError} If nothing can be written.
   */
  async saveBytes(body: Uint8Array, target: SaveTarget): Promise<Saved> {
    checkLength(body.length, target);
    const hash = await this.#hashFor(target);
    const sha256 = checkedDigest(hash?.update(body), target);
    const path = this.#temporaryPath();
    try {
      Deno.writeFileSync(path, body, { createNew: true });
      if (SYNC_FILES) sync(path);
      return this.#finish(path, body.length, target, sha256);
    } catch (cause) {
      remove(path);
      throw fileError(triedOn(target), cause);
    }
  }

  /**
   * Saves a body as it comes. If it breaks off and can be continued later, what came of it is kept.
   *
   * @param body The body. It is left before its end when it can't be saved.
   * @param target Where it is to go and what it must be.
   * @returns Where it went; `bytes` counts those that were there before, too.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {CannotWriteError} If nothing can be written.
   * @throws {Error} What reading the body throws, as it is.
   */
  async saveStream(body: AsyncIterable<Uint8Array>, target: SaveTarget): Promise<Saved> {
    const { validator, length = Infinity, restOf } = target;
    const isKept = restOf !== undefined || (validator !== undefined && length >= KEEP_PARTIAL_FROM);
    const path = isKept ? this.#partials.pathOf(target.key) : this.#temporaryPath();
    const progress: Progress = { bytes: restOf?.bytes ?? 0, isReading: false };
    try {
      const hash = await this.#hashFor(target);
      {
        using file = Deno.openSync(path, { read: true, write: true, create: true, truncate: restOf === undefined });
        if (restOf !== undefined) rewind(file, restOf.bytes, hash);
        if (isKept) progress.described = this.#partials.describe(path, target);
        progress.hash = hash;
        await writeChunks(file, body, { ...target, progress });
        if (SYNC_FILES) file.syncDataSync();
      }
      checkLength(progress.bytes, target);
      return this.#finish(path, progress.bytes, target, checkedDigest(hash, target));
    } catch (cause) {
      const isWrong = cause instanceof SaveError && cause.kind !== "truncated";
      const isWorthKeeping = isKept && progress.bytes >= KEEP_PARTIAL_FROM && !isWrong;
      const problem = isWorthKeeping ? this.#partials.keep(path, progress.described) : this.#remove(path);
      if (isWorthKeeping && problem === undefined && length !== Infinity) target.onKept?.(progress.bytes);
      throw progress.isReading && problem === undefined ? cause : fileError(triedOn(target), problem ?? cause);
    }
  }

  /**
   * Looks for an unfinished body of a download; see {@linkcode Partials.find}.
   *
   * @param url Its URL.
   * @param key What was asked for; see `downloadKey()`.
   * @param options Whether it is a retry, and what ends the looking.
   * @returns What there is, and the headers that ask for the rest; undefined when there is nothing to continue.
   */
  partial(
    url: string,
    key: string,
    options?: { isRetry?: boolean; signal?: AbortSignal },
  ): Promise<Partial | undefined> | undefined {
    return this.#partials.find(url, key, options);
  }

  /** Forgets an unfinished body: the server has another version now, or never answers with its rest. */
  discard(partial: Partial): void {
    this.#partials.forget(partial.path);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  /** The record first, then the name: see journal.ts. */
  #finish(path: string, size: number, target: SaveTarget, sha256: string | undefined): Saved {
    const { key } = target;
    let { file, naming } = this.#nameFor(target);
    // In a folder that was empty there is nothing to replace, and one call less takes a quarter of the time
    const replaces = target.isOwn === true || !this.#names.claimed.hasStrangers;
    for (let tries = 1;; tries++) {
      fingerprint(key, this.#key);
      fingerprint(foldName(file), this.#name);
      const storedName = naming === "stored" ? file : "";
      this.#journal.append({ key: this.#key, size, naming, storedName, name: this.#name });
      if (placeFile(path, { folder: this.#folder, file, replaces })) break;
      if (tries === MOST_NAMES) throw new SaveError("write", `cannot save as ${file}: something else has that name`);
      // Somebody else has put something there meanwhile
      ({ file, naming } = this.#names.another(file, key));
    }
    if (path.endsWith(".part")) this.#partials.forget(path);
    return sha256 === undefined ? { file, bytes: size } : { file, bytes: size, sha256 };
  }

  #nameFor({ key, file, naming, isOwn, serverName }: SaveTarget): TakenName {
    if (isOwn || serverName === undefined || serverName === file) return { file, naming };
    return { file: this.#names.take(serverName, key).file, naming: "stored" };
  }

  /** Not async, because hardly any body needs it. */
  #hashFor({ sha256 }: SaveTarget): Promise<Hash> | undefined {
    return this.#digest || sha256 !== undefined ? newHash() : undefined;
  }

  #remove(path: string): undefined {
    if (path.endsWith(".part")) this.#partials.forget(path);
    else remove(path);
  }

  #temporaryPath(): string {
    return `${this.#state}/${this.#prefix}-${this.#count++}.tmp`;
  }
}

async function newHash(): Promise<Hash> {
  // Imported only here, because Node's modules take 20 ms to start. Web Crypto can't hash a body as it comes.
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}

function triedOn({ file, serverName }: SaveTarget): string {
  return `cannot save as ${serverName ?? file}`;
}

function checkLength(bytes: number, { length }: SaveTarget): void {
  if (length === undefined || bytes === length) return;
  if (bytes > length) throw new SaveError("protocol", `${bytes} bytes arrived, more than the ${length} announced`);
  throw new SaveError("truncated", `only ${bytes} of ${length} bytes arrived`);
}

function checkedDigest(hash: Hash | undefined, { sha256 }: SaveTarget): string | undefined {
  const digest = hash?.digest("hex");
  if (sha256 === undefined || digest === sha256.toLowerCase()) return digest;
  throw new SaveError("checksum", `the body's SHA-256 is ${digest}, not ${sha256}`);
}

/** Goes back to where a body is to be continued, through the bytes that are there. */
function rewind(file: Deno.FsFile, bytes: number, hash: Hash | undefined): void {
  file.truncateSync(bytes);
  if (hash === undefined) file.seekSync(bytes, Deno.SeekMode.Start);
  const buffer = new Uint8Array(hash === undefined ? 0 : 2 ** 16);
  for (let read; hash !== undefined && (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
}

function sync(path: string): void {
  using file = Deno.openSync(path, { write: true });
  file.syncDataSync();
}
