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
import { ClaimedNames, type SharedNames } from "./claimed_names.ts";
import { distinctName } from "./file_name.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalWriter, type Naming } from "./journal.ts";
import { STATE_FOLDER } from "./output_folder.ts";
import { askForRest, type Partial, type Validator } from "./partial.ts";

/** What is written about an unfinished body has its URL, which may be a secret. */
const OWNER_ONLY = { mode: 0o600 };

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
  readonly #names: ClaimedNames;
  readonly #digest: boolean;
  readonly #journal: JournalWriter;
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #key = new Uint32Array(FINGERPRINT_WORDS);
  readonly #name = new Uint32Array(FINGERPRINT_WORDS);
  readonly #partials = new Set<string>();
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
    this.#names = new ClaimedNames(names);
    this.#digest = digest;
    this.#journal = new JournalWriter(`${this.#state}/journal`);
    for (const { name } of Deno.readDirSync(this.#state)) {
      if (name.endsWith(".part")) this.#partials.add(`${this.#state}/${name}`);
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
      Deno.writeFileSync(path, body);
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
    const { validator, length = Infinity, restOf, overlaps } = target;
    const isKept = restOf !== undefined || (validator !== undefined && length >= KEEP_PARTIAL_FROM);
    const path = isKept ? this.#partialPath(target.key) : this.#temporaryPath();
    let bytes = restOf?.bytes ?? 0;
    let isReading = false;
    let writing: Promise<void> | undefined;
    try {
      const hash = await this.#hashFor(target);
      {
        using file = Deno.openSync(path, { read: true, write: true, create: true, truncate: restOf === undefined });
        if (restOf !== undefined) rewind(file, bytes, hash);
        // Only now that former bytes are gone, lest they be taken for the beginning of this version.
        else if (isKept) Deno.writeTextFileSync(metaPath(path), JSON.stringify(validator), OWNER_ONLY);
        const chunks = body[Symbol.asyncIterator]();
        try {
          while (true) {
            isReading = true;
            const { done, value } = await chunks.next();
            isReading = false;
            await writing;
            if (done) break;
            if (overlaps && value.length >= OVERLAP_FROM) {
              writing = writeAll(file, value);
              writing.catch(() => {}); // is thrown where it is waited for
            } else writeAllSync(file, value);
            hash?.update(value);
            bytes += value.length;
            if (bytes > length) throw new SaveError("protocol", `more than the ${length} bytes announced arrived`);
          }
        } finally {
          if (!isReading) await chunks.return?.();
          await writing?.catch((cause) => {
            isReading = false; // a disk that is full says more than a body that broke off
            throw cause;
          });
        }
        if (SYNC_FILES) file.syncDataSync();
      }
      checkLength(bytes, target);
      return this.#finish(path, bytes, target, checkedDigest(hash, target));
    } catch (cause) {
      const isWrong = cause instanceof SaveError && cause.kind !== "truncated";
      if (isKept && bytes >= KEEP_PARTIAL_FROM && !isWrong) {
        this.#partials.add(path);
        if (length !== Infinity) target.onKept?.(bytes);
      } else this.#forget(path);
      throw isReading ? cause : writingError(target, cause);
    }
  }

  /**
   * Looks for an unfinished body of a download.
   *
   * @param url Its URL.
   * @param key What was asked for; see `downloadKey()`.
   * @param isRetry Whether it may have been left by another worker since this one began. Default: false.
   * @returns What there is, and the headers that ask for the rest; undefined when there is nothing to continue.
   */
  partial(url: string, key: string, isRetry = false): Partial | undefined {
    if (!isRetry && this.#partials.size === 0) return undefined;
    const path = this.#partialPath(key);
    if (!isRetry && !this.#partials.has(path)) return undefined;
    try {
      const validator: Validator = JSON.parse(Deno.readTextFileSync(metaPath(path)));
      const { size } = Deno.statSync(path);
      if (validator.url !== url || typeof validator.ifRange !== "string" || size < KEEP_PARTIAL_FROM) return undefined;
      return { ...validator, ...askForRest(validator, size), path };
    } catch (error) {
      // None there, or one whose description was cut short when its run was killed: then it is fetched from the start.
      if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Forgets an unfinished body: the server has another version now, or never answers with its rest. */
  discard(partial: Partial): void {
    this.#forget(partial.path);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  /** The record first, then the name: see journal.ts. */
  #finish(path: string, size: number, target: SaveTarget, sha256: string | undefined): Saved {
    const { file, naming } = this.#nameFor(target);
    fingerprint(target.key, this.#key);
    fingerprint(file.toLowerCase(), this.#name);
    const serverName = naming === "server" ? file : "";
    this.#journal.append({ key: this.#key, size, naming, serverName, name: this.#name });
    const to = `${this.#folder}/${file}`;
    try {
      Deno.renameSync(path, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || !file.includes("/")) throw error;
      Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      Deno.renameSync(path, to);
    }
    if (path.endsWith(".part")) this.#forget(path);
    return sha256 === undefined ? { file, bytes: size } : { file, bytes: size, sha256 };
  }

  #nameFor({ key, file, naming, serverName }: SaveTarget): { file: string; naming: Naming } {
    if (serverName === undefined || serverName === file) return { file, naming };
    const isFree = this.#names.claim(serverName) && !exists(`${this.#folder}/${serverName}`);
    return { file: isFree ? serverName : distinctName(serverName, key), naming: "server" };
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

  #forget(path: string): void {
    this.#partials.delete(path);
    remove(path);
    if (path.endsWith(".part")) remove(metaPath(path));
  }
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
const OF_ONE_NAME = new Set(["EEXIST", "EILSEQ", "EINVAL", "EISDIR", "ELOOP", "ENAMETOOLONG", "ENOTDIR", "ENOTEMPTY"]);

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
