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

import { KEEP_PARTIAL_FROM, SYNC_FILES } from "../../constants.ts";
import type { Naming } from "../core/download.ts";
import type { SharedNames } from "../core/settings.ts";
import { algorithmsFor, BodyHash, checkedDigest, checkLength } from "./body_check.ts";
import type { Digests } from "../core/digests.ts";
import { BodyWriter } from "./body_writer.ts";
import { ClaimedNames, foldName } from "./claimed_names.ts";
import type { Destination, WholeBody } from "./destination.ts";
import { distinctName } from "./file_name.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { versionRecord } from "./file_version.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalWriter } from "./journal.ts";
import { STATE_FOLDER } from "./state_folder.ts";
import type { Resumable, Validator } from "./resume.ts";
import { remove, ResumeStore } from "./resume_store.ts";
import { placeFile } from "./place_file.ts";
import { fileError, SaveError } from "./save_error.ts";

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
  /** Whether names that servers give always get an ending of their own, as machines don't know each other's. Default: false. */
  isShared?: boolean;
  /** Bytes the whole body must have. Default: any number. */
  length?: number;
  /** The SHA-256 it must have, in hexadecimal. Default: not checked. */
  sha256?: string;
  /** Other digests that it must have. Default: none. */
  digests?: Digests;
  /** Which version it is, from `versionText()`, to be noted once it is saved. Default: none is. */
  newVersion?: string;
  /** When the file was modified, in milliseconds since the epoch. Default: now. */
  modifiedMs?: number;
  /** What it takes to resume the body later. Default: it can't be. */
  validator?: Validator;
  /** The unfinished body that this one resumes. Default: this is the whole. */
  resumes?: Resumable;
  /** Called with how many bytes there are of a body of known length that broke off and is kept. Default: none. */
  onKept?: (bytes: number) => void;
  /**
   * Whether a piece may be written while the next is read; each must stay what it is until the next but one is asked for.
   * Default: false.
   */
  overlaps?: boolean;
  /** Ends the saving where that takes time: on its way to a bucket. Default: nothing does. */
  signal?: AbortSignal;
  /** Called when the body is there and goes to a bucket; what it returns is called when it is there, too. Default: none. */
  onPut?: () => () => void;
}

/** A body that was saved. */
export interface Saved {
  /** The file, a path within the output folder. */
  file: string;
  /** Its bytes. */
  size: number;
  /** Its SHA-256 in hexadecimal, if it was computed. */
  sha256?: string;
}

/** Saves bodies to an output folder that this process has open. Every worker has its own. */
export class Saver implements Disposable {
  /** The unfinished bodies of the folder. */
  readonly unfinished: ResumeStore;
  readonly #folder: string;
  readonly #state: string;
  readonly #names: FileNames;
  readonly #digest: boolean;
  readonly #destination: Destination | undefined;
  readonly #journal: JournalWriter;
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #key = new Uint32Array(FINGERPRINT_WORDS);
  readonly #name = new Uint32Array(FINGERPRINT_WORDS);
  #count = 0;

  /**
   * Opens the journal to add to it.
   *
   * @param folder The output folder.
   * @param options `names`: those that are taken, from the output folder that is open. `digest`: whether to compute the
   * SHA-256 of every body, not only of those whose SHA-256 is given (default: false). `destination`: where whole bodies go
   * (default: to the folder).
   * @throws {CannotWriteError} If the journal can't be opened.
   */
  constructor(
    folder: string,
    { names, digest = false, destination }: { names: SharedNames; digest?: boolean; destination?: Destination },
  ) {
    this.#folder = folder;
    this.#destination = destination;
    this.#state = `${folder}/${STATE_FOLDER}`;
    this.#names = new FileNames(folder, new ClaimedNames(names));
    this.#digest = digest;
    this.#journal = new JournalWriter(`${this.#state}/journal`);
    this.unfinished = new ResumeStore(this.#state);
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
    checkLength(body.length, target.length);
    const hash = this.#hashFor(target);
    const sha256 = checkedDigest(hash && (await hash).update(body), target);
    if (this.#destination) return await this.#put(this.#destination, body, target, sha256);
    const path = this.#temporaryPath();
    try {
      Deno.writeFileSync(path, body, { createNew: true });
      if (SYNC_FILES) sync(path);
      return await this.#finish(path, body.length, target, sha256);
    } catch (cause) {
      remove(path);
      throw fileError(triedOn(target), cause);
    }
  }

  /**
   * Saves a body as it comes. If it breaks off and can be resumed later, what came of it is kept.
   *
   * @param body The body. It is left before its end when it can't be saved.
   * @param target Where it is to go and what it must be.
   * @returns Where it went; `size` counts those that were there before, too.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {CannotWriteError} If nothing can be written.
   * @throws {Error} What reading the body throws, as it is.
   */
  async saveStream(body: AsyncIterable<Uint8Array>, target: SaveTarget): Promise<Saved> {
    const { key, length, overlaps, resumes } = target;
    const isKept = resumes !== undefined || isWorthResuming(target);
    const path = isKept ? this.unfinished.pathOf(key) : this.#temporaryPath();
    const hash = await this.#hashFor(target);
    const writer = new BodyWriter(path, {
      tried: triedOn(target),
      length,
      resumeAt: resumes?.bytes,
      hash,
      describe: isKept ? () => this.unfinished.describe(path, target) : undefined,
      overlaps,
    });
    try {
      for await (const piece of body) await writer.write(piece);
      await writer.end();
      return await this.#finish(path, writer.bytes, target, checkedDigest(hash, target));
    } catch (cause) {
      const failure = await writer.abandon(cause);
      if (!isKept) remove(path);
      else if (writer.bytes < KEEP_PARTIAL_FROM || isOfWrongBytes(failure)) this.unfinished.forget(path);
      else this.#keep(path, writer, target);
      throw failure;
    }
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  /** Keeps what came of a body, to resume it. */
  #keep(path: string, { bytes, resumeData }: BodyWriter, target: SaveTarget): void {
    try {
      this.unfinished.keep(path, resumeData);
    } catch (cause) {
      throw fileError(triedOn(target), cause);
    }
    if (target.length !== undefined) target.onKept?.(bytes);
  }

  /** Makes a file of what was written. The record first, then the name: see journal.ts. */
  async #finish(path: string, size: number, target: SaveTarget, sha256: string | undefined): Promise<Saved> {
    const { key, newVersion, modifiedMs } = target;
    try {
      if (this.#destination) {
        const saved = await this.#put(this.#destination, { path, size }, target, sha256);
        if (path.endsWith(".part")) this.unfinished.forget(path);
        else remove(path);
        return saved;
      }
      let { file, naming } = this.#nameFor(target);
      if (modifiedMs !== undefined) Deno.utimeSync(path, new Date(), new Date(modifiedMs));
      // In a folder that was empty there is nothing to replace, and one call less takes a quarter of the time
      const replaces = target.isOwn === true || !this.#names.claimed.hasStrangers;
      for (let tries = 1;; tries++) {
        await this.#record(key, size, { file, naming });
        if (placeFile(path, { folder: this.#folder, file, replaces })) break;
        if (tries === MOST_NAMES) throw new SaveError("write", `cannot save as ${file}: something else has that name`);
        // Somebody else has put something there meanwhile
        ({ file, naming } = this.#names.another(file, key));
      }
      // Only now that the file has its name: see file_version.ts
      if (newVersion !== undefined) {
        await this.#journal.append(versionRecord(key, newVersion, `${this.#folder}/${file}`));
      }
      if (path.endsWith(".part")) this.unfinished.forget(path);
      return sha256 === undefined ? { file, size } : { file, size, sha256 };
    } catch (cause) {
      throw fileError(triedOn(target), cause);
    }
  }

  /** Sends a body to where whole ones go. The record first here, too: what is there has one. */
  async #put(
    destination: Destination,
    body: WholeBody,
    target: SaveTarget,
    sha256: string | undefined,
  ): Promise<Saved> {
    const { key, signal, onPut } = target;
    const size = body instanceof Uint8Array ? body.length : body.size;
    const replaces = target.isOwn === true;
    let { file, naming } = this.#nameFor(target);
    const onEnd = onPut?.();
    try {
      for (let tries = 1;; tries++) {
        await this.#record(key, size, { file, naming });
        if (await destination.put(body, { file, key, naming, replaces, signal })) break;
        if (tries === MOST_NAMES) throw new SaveError("write", `cannot save as ${file}: something else has that name`);
        ({ file, naming } = this.#names.another(file, key));
      }
      return sha256 === undefined ? { file, size } : { file, size, sha256 };
    } finally {
      onEnd?.();
    }
  }

  #record(key: string, size: number, { file, naming }: TakenName): Promise<void> {
    fingerprint(key, this.#key);
    fingerprint(foldName(file), this.#name);
    const storedName = naming === "stored" ? file : "";
    return this.#journal.append({ key: this.#key, size, naming, storedName, name: this.#name });
  }

  #nameFor({ key, file, naming, isOwn, serverName, isShared }: SaveTarget): TakenName {
    if (isOwn || serverName === undefined || serverName === file) return { file, naming };
    const name = isShared ? distinctName(serverName, key) : serverName;
    return { file: this.#names.take(name, key).file, naming: "stored" };
  }

  /** Not async, because hardly any body needs it. */
  #hashFor(target: SaveTarget): Promise<BodyHash> | undefined {
    const algorithms = algorithmsFor(target, { digest: this.#digest });
    return algorithms.length === 0 ? undefined : BodyHash.begin(algorithms);
  }

  #temporaryPath(): string {
    return `${this.#state}/${this.#prefix}-${this.#count++}.tmp`;
  }
}

function triedOn({ file, serverName }: SaveTarget): string {
  return `cannot save as ${serverName ?? file}`;
}

function isWorthResuming({ validator, length = Infinity }: SaveTarget): boolean {
  return validator !== undefined && length >= KEEP_PARTIAL_FROM;
}

/** Whether a body failed by what it is: then there is nothing in it to go on with. */
function isOfWrongBytes(failure: unknown): boolean {
  return failure instanceof SaveError && (failure.kind === "protocol" || failure.kind === "checksum");
}

function sync(path: string): void {
  using file = Deno.openSync(path, { write: true });
  file.syncDataSync();
}
