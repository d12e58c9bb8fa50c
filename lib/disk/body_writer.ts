/**
 * Writes one body to a file as it comes.
 *
 * A body may break off, and a disk may fill up. So that nobody has to work out afterwards which of them it was, the writer
 * wraps its own errors: what it throws is a {@linkcode SaveError} or a `CannotWriteError`, and any other error is the body's.
 *
 * ```ts
 * const writer = new BodyWriter(path, { tried: "cannot save as 1.bin" });
 * try {
 *   for await (const piece of body) await writer.write(piece);
 *   await writer.end();
 * } catch (cause) {
 *   throw await writer.abandon(cause);
 * }
 * ```
 *
 * @module
 */

import { SYNC_FILES } from "../../constants.ts";
import { CannotWriteError } from "../core/errors.ts";
import { type BodyHash, checkLength } from "./body_check.ts";
import type { ResumeDataWriter } from "./resume_data.ts";
import { fileError, SaveError } from "./save_error.ts";

/** Bytes of a piece of a body from which on it is written while the next is read. */
const OVERLAP_FROM = 2 ** 16;

/** What is known of a body beforehand. */
export interface BodyWriterOptions {
  /** What is tried, and on what: how messages begin. */
  tried: string;
  /** Bytes the whole body must have. Default: any number. */
  length?: number;
  /** Bytes of it that the file has already, which are left in it. Default: none, and the file is written over. */
  resumeAt?: number;
  /** Takes in the whole body. Default: it isn't hashed. */
  hash?: BodyHash;
  /** Begins to describe what is written. Default: it isn't described. */
  describe?: () => ResumeDataWriter | undefined;
  /**
   * Whether a piece may be written while the next is read; each must stay what it is until the next but one is asked for.
   * Default: false.
   */
  overlaps?: boolean;
}

/** Writes one body to a file. */
export class BodyWriter {
  /** Bytes of the body that are written or being written, and that were there already. */
  bytes: number;
  /** Describes what is written, to resume it; undefined if nothing is described, or nothing written yet. */
  resumeData: ResumeDataWriter | undefined;
  readonly #path: string;
  readonly #options: BodyWriterOptions;
  #file: Deno.FsFile | undefined;
  #writing: Promise<void> | undefined;

  /**
   * Touches no file yet: it is opened for the first piece, so that while a server hasn't sent anything none is open.
   *
   * @param path The file.
   * @param options What is known of the body.
   */
  constructor(path: string, options: BodyWriterOptions) {
    this.#path = path;
    this.#options = options;
    this.bytes = options.resumeAt ?? 0;
  }

  /**
   * Writes the next piece.
   *
   * @param piece The piece.
   * @throws {SaveError | CannotWriteError} If it, or one before, can't be written, or the body is too long.
   */
  async write(piece: Uint8Array): Promise<void> {
    const { length = Infinity, hash, overlaps = false } = this.#options;
    try {
      await this.#flush();
      const file = this.#opened();
      if (overlaps && piece.length >= OVERLAP_FROM) {
        this.#writing = writeAll(file, piece);
        this.#writing.catch(() => {}); // is thrown where it is waited for
      } else writeAllSync(file, piece);
    } catch (cause) {
      throw this.#wrapped(cause);
    }
    hash?.update(piece);
    this.resumeData?.add(piece);
    this.bytes += piece.length;
    if (this.bytes > length) throw new SaveError("protocol", `more than the ${length} bytes announced arrived`);
  }

  /**
   * Ends the file with the body.
   *
   * @throws {SaveError | CannotWriteError} If something of it can't be written, or is missing.
   */
  async end(): Promise<void> {
    try {
      await this.#flush();
      const file = this.#opened(); // also of a body without a byte
      if (SYNC_FILES) file.syncDataSync();
    } catch (cause) {
      throw this.#wrapped(cause);
    }
    this.#close();
    checkLength(this.bytes, this.#options.length);
  }

  /**
   * Closes the file of a body that isn't complete, or not right.
   *
   * @param cause What went wrong.
   * @returns What to throw: a disk that is full says more than a body that broke off meanwhile.
   */
  async abandon(cause: unknown): Promise<unknown> {
    try {
      await this.#writing;
      return cause;
    } catch (failure) {
      return this.#wrapped(failure);
    } finally {
      this.#close();
    }
  }

  /** The file, which is created if it isn't there. */
  #opened(): Deno.FsFile {
    if (this.#file !== undefined) return this.#file;
    const { resumeAt, hash, describe } = this.#options;
    const file = Deno.openSync(this.#path, { read: true, write: true, create: true, truncate: resumeAt === undefined });
    this.#file = file;
    if (resumeAt !== undefined) rewind(file, resumeAt, hash);
    // Only when nothing of another body is in the file any more: else stale bytes would look valid
    this.resumeData = describe?.();
    return file;
  }

  /** Waits for what is being written. */
  async #flush(): Promise<void> {
    await this.#writing;
    this.resumeData?.written();
  }

  #wrapped(cause: unknown): unknown {
    return fileError(this.#options.tried, cause);
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** Goes back to where a body is to be resumed, through the bytes that are there. */
function rewind(file: Deno.FsFile, bytes: number, hash: BodyHash | undefined): void {
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
