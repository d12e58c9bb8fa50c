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
import { KEEP_PARTIAL_FROM, SYNC_FILES } from "../constants.ts";
import { CannotWriteError } from "./cannot_write_error.ts";
import { ClaimedNames, foldName, type SharedNames } from "./claimed_names.ts";
import { FileNames, type TakenName } from "./file_names.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalWriter, type Naming } from "./journal.ts";
import { STATE_FOLDER } from "./output_folder.ts";
import { askForRest, type Partial, type Validator } from "./partial.ts";
import { checkBlocks, cutDescription, DescriptionWriter, readDescription } from "./partial_file.ts";

/** Names that are tried for a file, each of which proves to be something else's just when it is to be used. */
const MOST_NAMES = 10;

/** Bytes of a piece of a body from which on it is written while the next is read. */
const OVERLAP_FROM = 2 ** 16;

/** A body that wasn't saved, for a reason that has to do with this one only. */
export class SaveError extends Error {
  /** `SaveError`. */
  override readonly name = "SaveError";

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What was tried and what came of it.
   * @param options The `cause`.
   */
  constructor(
    readonly kind: "truncated" | "checksum" | "write" | "protocol" | "too-many-open-files",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

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
  /** Unfinished bodies, and of each the description of what this process has seen to be right of it. */
  readonly #partials = new Map<string, string>();
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
    for (const { name } of Deno.readDirSync(this.#state)) {
      if (name.endsWith(".part")) this.#partials.set(`${this.#state}/${name}`, "");
    }
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
      throw writingError(target, cause);
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
    const path = isKept ? this.#partialPath(target.key) : this.#temporaryPath();
    const progress: Progress = { bytes: restOf?.bytes ?? 0, isReading: false };
    try {
      const hash = await this.#hashFor(target);
      {
        using file = Deno.openSync(path, { read: true, write: true, create: true, truncate: restOf === undefined });
        if (restOf !== undefined) rewind(file, restOf.bytes, hash);
        if (isKept) progress.described = describe(path, target);
        await writeChunks(file, body, { target, progress, hash });
        if (SYNC_FILES) file.syncDataSync();
      }
      checkLength(progress.bytes, target);
      return this.#finish(path, progress.bytes, target, checkedDigest(hash, target));
    } catch (cause) {
      const isWrong = cause instanceof SaveError && cause.kind !== "truncated";
      const problem = isKept && progress.bytes >= KEEP_PARTIAL_FROM && !isWrong
        ? this.#keep(path, progress)
        : this.#forget(path);
      throw progress.isReading && problem === undefined ? cause : writingError(target, problem ?? cause);
    }
  }

  /**
   * Looks for an unfinished body of a download, and whether it is as it was written.
   *
   * @param url Its URL.
   * @param key What was asked for; see `downloadKey()`.
   * @param options `isRetry`: whether it may have been left by another worker since this one began (default: false).
   * `signal`: ends the looking.
   * @returns What there is, and the headers that ask for the rest; undefined when there is nothing to continue.
   * @throws {CannotWriteError} If it is there and can't be read.
   */
  partial(
    url: string,
    key: string,
    { isRetry = false, signal }: { isRetry?: boolean; signal?: AbortSignal } = {},
  ): Promise<Partial | undefined> | undefined {
    if (!isRetry && this.#partials.size === 0) return undefined;
    const path = this.#partialPath(key);
    if (!isRetry && !this.#partials.has(path)) return undefined;
    return this.#check(path, { url, key, signal });
  }

  /** Forgets an unfinished body: the server has another version now, or never answers with its rest. */
  discard(partial: Partial): void {
    this.#forget(partial.path);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  async #check(
    path: string,
    { url, key, signal }: { url: string; key: string; signal?: AbortSignal },
  ): Promise<Partial | undefined> {
    try {
      const described = metaPath(path);
      const description = readDescription(described, key);
      // What has another name too has been finished, and its run killed just then: it isn't to be written to any more
      if (description?.validator.url !== url || Deno.statSync(path).nlink !== 1) return this.#forget(path);
      const seen = this.#partials.get(path) ?? "";
      const known = seen.startsWith(`${description.head}\n`) ? blocksAlike(seen, description) : 0;
      const right = await checkBlocks(path, description, { known, signal });
      if (right < description.blocks.length || !description.isWhole) {
        description.blocks.length = right;
        cutDescription(described, description);
      }
      const bytes = description.blocks.reduce((sum, block) => sum + block.bytes, 0);
      if (bytes < KEEP_PARTIAL_FROM) return this.#forget(path);
      this.#partials.set(path, Deno.readTextFileSync(described));
      return { ...description.validator, ...askForRest(description.validator, bytes), path };
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return this.#forget(path);
      throw cause instanceof Error && "code" in cause
        ? new CannotWriteError(`cannot read the unfinished ${path}`, { cause })
        : cause;
    }
  }

  /** The record first, then the name: see journal.ts. */
  #finish(path: string, size: number, target: SaveTarget, sha256: string | undefined): Saved {
    const { key } = target;
    let { file, naming } = this.#nameFor(target);
    for (let tries = 1;; tries++) {
      fingerprint(key, this.#key);
      fingerprint(foldName(file), this.#name);
      const storedName = naming === "stored" ? file : "";
      this.#journal.append({ key: this.#key, size, naming, storedName, name: this.#name });
      if (this.#put(path, file, target.isOwn === true)) break;
      if (tries === MOST_NAMES) throw new SaveError("write", `cannot save as ${file}: something else has that name`);
      // Somebody else has put something there meanwhile
      ({ file, naming } = this.#names.another(file, key));
    }
    if (path.endsWith(".part")) this.#forget(path);
    return sha256 === undefined ? { file, bytes: size } : { file, bytes: size, sha256 };
  }

  /** Gives a finished file its name, in place of nothing but what is this URL's own; says whether it could be had. */
  #put(path: string, file: string, isOwn: boolean): boolean {
    const to = `${this.#folder}/${file}`;
    // In a folder that was empty there is nothing to replace, and one call less takes a quarter of the time
    const put = isOwn || !this.#names.claimed.hasStrangers ? Deno.renameSync : moveToFree;
    try {
      try {
        put(path, to);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound) || !file.includes("/")) throw error;
        Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
        put(path, to);
      }
      return true;
    } catch (error) {
      if (TAKEN.has(codeOf(error) ?? "")) return false;
      throw error;
    }
  }

  #nameFor({ key, file, naming, isOwn, serverName }: SaveTarget): TakenName {
    if (isOwn || serverName === undefined || serverName === file) return { file, naming };
    return { file: this.#names.take(serverName, key).file, naming: "stored" };
  }

  /** Not async, because hardly any body needs it. */
  #hashFor({ sha256 }: SaveTarget): Promise<Hash> | undefined {
    return this.#digest || sha256 !== undefined ? newHash() : undefined;
  }

  #temporaryPath(): string {
    return `${this.#state}/${this.#prefix}-${this.#count++}.tmp`;
  }

  #partialPath(key: string): string {
    fingerprint(key, this.#key);
    return `${this.#state}/${[...this.#key].map((word) => word.toString(16).padStart(8, "0")).join("")}.part`;
  }

  /** Keeps an unfinished body to continue it; returns why it can't be. */
  #keep(path: string, { described }: Progress): unknown {
    try {
      described?.flush();
      this.#partials.set(path, described === undefined ? "" : Deno.readTextFileSync(metaPath(path)));
    } catch (cause) {
      this.#forget(path);
      return cause;
    }
  }

  #forget(path: string): undefined {
    this.#partials.delete(path);
    remove(path);
    if (path.endsWith(".part")) remove(metaPath(path));
  }
}

/** How far the saving of a body is. */
interface Progress {
  /** Bytes of it that are written, or are being written. */
  bytes: number;
  /** Whether it is being read, so that what goes wrong is its own fault and not the disk's. */
  isReading: boolean;
  /** Describes what is written of a body that is kept if it breaks off. */
  described?: DescriptionWriter;
}

/** Begins the description of what is written, or goes on with it. */
function describe(path: string, { key, validator, restOf }: SaveTarget): DescriptionWriter | undefined {
  if (restOf !== undefined) return DescriptionWriter.resume(metaPath(path), restOf.bytes);
  return validator && DescriptionWriter.begin(metaPath(path), key, validator);
}

/** Writes a body as it comes. */
async function writeChunks(
  file: Deno.FsFile,
  body: AsyncIterable<Uint8Array>,
  { target: { length = Infinity, overlaps }, progress, hash }: { target: SaveTarget; progress: Progress; hash?: Hash },
): Promise<void> {
  const { described } = progress;
  const chunks = body[Symbol.asyncIterator]();
  let writing: Promise<void> | undefined;
  try {
    while (true) {
      progress.isReading = true;
      const { done, value } = await chunks.next();
      progress.isReading = false;
      await writing;
      described?.written();
      if (done) break;
      if (overlaps && value.length >= OVERLAP_FROM) {
        writing = writeAll(file, value);
        writing.catch(() => {}); // is thrown where it is waited for
      } else writeAllSync(file, value);
      hash?.update(value);
      described?.add(value);
      progress.bytes += value.length;
      if (progress.bytes > length) throw new SaveError("protocol", `more than the ${length} bytes announced arrived`);
    }
  } finally {
    if (!progress.isReading) await chunks.return?.();
    await writing?.catch((cause) => {
      progress.isReading = false; // a disk that is full says more than a body that broke off
      throw cause;
    });
  }
}

/** How many blocks of a description have been seen before. */
function blocksAlike(seen: string, { blocks }: { blocks: readonly { bytes: number; sum: string }[] }): number {
  const lines = seen.split("\n").slice(1, -1);
  const differs = lines.findIndex((line, i) => line !== `${blocks[i]?.bytes} ${blocks[i]?.sum}`);
  return differs < 0 ? lines.length : differs;
}

/** Gives a file another name, but only one that nothing has: what renames would replace it. */
function moveToFree(from: string, to: string): void {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? "")) throw error;
    if (exists(to)) throw new Deno.errors.AlreadyExists(`${to} is there`);
    return Deno.renameSync(from, to);
  }
  Deno.removeSync(from);
}

/** What file systems without hard links say to one: FAT, and some that are mounted over a network. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/** What says that a name is something else's: a file's or a folder's, or that one of its folders is a file. */
const TAKEN = new Set(["EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY", "ELOOP"]);

function codeOf(error: unknown): string | undefined {
  if (error instanceof Deno.errors.AlreadyExists) return "EEXIST";
  return error instanceof Error ? (error as Error & { code?: string }).code : undefined;
}

async function newHash(): Promise<Hash> {
  // Imported only here, because Node's modules take 20 ms to start. Web Crypto can't hash a body as it comes.
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}

function metaPath(path: string): string {
  return path.replace(/part$/, "json");
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

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += someOf(await file.write(bytes.subarray(at)));
}

function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += someOf(file.writeSync(bytes.subarray(at)));
}

function someOf(written: number): number {
  if (written === 0) throw new CannotWriteError("cannot write to a temporary file: no space left");
  return written;
}

function sync(path: string): void {
  using file = Deno.openSync(path, { write: true });
  file.syncDataSync();
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What is wrong with one name only; any other error of the file system would meet the next file too. */
const OF_ONE_NAME = new Set(["EILSEQ", "EINVAL", "ENAMETOOLONG"]);

function writingError(target: SaveTarget, cause: unknown): unknown {
  if (cause instanceof SaveError || cause instanceof CannotWriteError || !(cause instanceof Error)) return cause;
  const tried = `cannot save as ${target.serverName ?? target.file}`;
  const { code } = cause as Error & { code?: string };
  if (code === undefined) return cause;
  if (code === "EMFILE" || code === "ENFILE") {
    return new SaveError("too-many-open-files", `${tried}: ${cause.message}`, { cause });
  }
  if (OF_ONE_NAME.has(code)) return new SaveError("write", `${tried}: ${cause.message}`, { cause });
  return new CannotWriteError(tried, { cause });
}
