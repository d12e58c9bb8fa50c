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
import type { SharedNames } from "../core/settings.ts";
import { algorithmsFor, BodyHash, checkedDigest, checkLength } from "./body_check.ts";
import { BodyWriter } from "./body_writer.ts";
import { ClaimedNames, foldName } from "./claimed_names.ts";
import type { Destination, WholeBody } from "./destination.ts";
import { distinctName } from "./file_name.ts";
import { FileNames, type TakenName } from "./final_names.ts";
import { versionRecord } from "./file_version.ts";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { JournalWriter } from "./journal.ts";
import { remove, ResumeStore } from "./resume_store.ts";
import { placeFile } from "./place_file.ts";
import { fileError, SaveError } from "./save_error.ts";
import type { SaveTarget } from "./save_target.ts";
import { STATE_FOLDER } from "./state_folder.ts";
import type { Store, StoreParts } from "./store.ts";

export { SaveError, type SaveTarget };

/** Names that are tried for a file, each of which proves to be something else's just when it is to be used. */
const MOST_NAMES = 10;

/** How a {@linkcode Saver} saves. */
export interface SaverOptions {
  /** The names that are taken, from the output folder that is open. */
  names: SharedNames;
  /** The name of the state folder that is this process's own. Default: that of a run that has the folder alone. */
  state?: string;
  /** Whether to compute the SHA-256 of every body, not only of those whose SHA-256 is given. Default: false. */
  digest?: boolean;
  /**
   * Called just before a file gets its name: throws if it mustn't, since another machine may have saved it meanwhile.
   * Default: it always may.
   */
  checkOurs?: () => void;
  /** Makes what bodies go to. Default: each becomes a file of its own. */
  store?: (parts: StoreParts) => Store;
  /** Where whole bodies go. Default: to the folder. */
  destination?: Destination;
}

/** A body that was saved. */
export interface Saved {
  /** The file, a path within the output folder. */
  file: string;
  /** What the body is called in that file, if it shares it with others. */
  member?: string;
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
  readonly #checkOurs: (() => void) | undefined;
  readonly #journal: JournalWriter;
  readonly #store: Store | undefined;
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #key = new Uint32Array(FINGERPRINT_WORDS);
  readonly #name = new Uint32Array(FINGERPRINT_WORDS);
  #count = 0;

  /**
   * Opens the journal to add to it.
   *
   * @param folder The output folder.
   * @param options How to save.
   * @throws {CannotWriteError} If the journal can't be opened.
   */
  constructor(folder: string, { names, state = STATE_FOLDER, digest = false, ...options }: SaverOptions) {
    const { checkOurs, store, destination } = options;
    this.#folder = folder;
    this.#destination = destination;
    this.#state = `${folder}/${state}`;
    this.#checkOurs = checkOurs;
    this.#names = new FileNames(folder, new ClaimedNames(names));
    this.#digest = digest;
    this.#journal = new JournalWriter(`${this.#state}/journal`);
    this.unfinished = new ResumeStore(this.#state);
    this.#store = store?.({ folder, journal: this.#journal, names: this.#names });
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
    if (this.#store) return await this.#keepIn(this.#store.addBytes(body, target, sha256), target);
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
    if (this.#store && !isKept) {
      const { whole, rest } = await this.#store.gather(body);
      if (whole) return await this.saveBytes(whole, target);
      body = rest;
    }
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

  /**
   * Makes a file of a body that has been written already, not in one go.
   *
   * @param path Where it is.
   * @param size Its bytes.
   * @param target Where it is to go and what it must be.
   * @returns Where it went.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {CannotWriteError} If nothing can be written.
   */
  async saveWritten(path: string, size: number, target: SaveTarget): Promise<Saved> {
    const hash = await this.#hashFor(target);
    try {
      if (hash) await hash.readFile(path);
      return await this.#finish(path, size, target, checkedDigest(hash, target));
    } catch (cause) {
      if (isOfWrongBytes(cause)) this.unfinished.forget(path);
      throw fileError(triedOn(target), cause);
    }
  }

  /**
   * Ends what can be ended once nothing more is saved.
   *
   * @throws {CannotWriteError} If that can't be done.
   */
  async finish(): Promise<void> {
    await this.#store?.finish();
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#store?.[Symbol.dispose]();
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
    if (this.#store) {
      const saved = await this.#keepIn(this.#store.addFile(path, size, target, sha256), target);
      if (path.endsWith(".part")) this.unfinished.forget(path);
      else remove(path);
      return saved;
    }
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
        this.#checkOurs?.();
        if (placeFile(path, { folder: this.#folder, file, replaces })) break;
        if (tries === MOST_NAMES) throw new SaveError("write", `cannot save as ${file}: something else has that name`);
        // Somebody else has put something there meanwhile
        ({ file, naming } = this.#names.another(file, key));
      }
      // Only now that the file has its name: see file_version.ts
      if (newVersion !== undefined) {
        await this.#journal.append(versionRecord(key, newVersion, `${this.#folder}/${file}`));
      }
      if (path.endsWith(".part") || target.hasMirrors) this.unfinished.forget(this.unfinished.pathOf(key));
      return sha256 === undefined ? { file, size } : { file, size, sha256 };
    } catch (cause) {
      throw fileError(triedOn(target), cause);
    }
  }

  /** What comes of adding a body to the store. */
  async #keepIn(adding: Promise<Saved>, target: SaveTarget): Promise<Saved> {
    const onEnd = target.onPut?.(); // it may have to wait for a shard on its way to a bucket
    try {
      const saved = await adding;
      if (target.hasMirrors) this.unfinished.forget(this.unfinished.pathOf(target.key));
      return saved;
    } catch (cause) {
      throw fileError(triedOn(target), cause);
    } finally {
      onEnd?.();
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
        this.#checkOurs?.();
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

/** What is tried with a body, and on what: how messages begin. */
export function triedOn({ file, serverName }: SaveTarget): string {
  return `cannot save as ${serverName ?? file}`;
}

function isWorthResuming({ validator, length = Infinity }: SaveTarget): boolean {
  return validator !== undefined && length >= KEEP_PARTIAL_FROM;
}

/** Whether a body failed by what it is: then there is nothing in it to go on with. */
export function isOfWrongBytes(failure: unknown): boolean {
  return failure instanceof SaveError && (failure.kind === "protocol" || failure.kind === "checksum");
}

function sync(path: string): void {
  using file = Deno.openSync(path, { write: true });
  file.syncDataSync();
}
