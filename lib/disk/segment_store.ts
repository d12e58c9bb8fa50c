/**
 * A body that comes in segments: each piece is written where it belongs, into the same temporary file, and described beside it
 * as the pieces of any unfinished body are. So a run that was killed has what it had, also for a run without segments, as far as
 * that is from the beginning on.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM, SYNC_FILES } from "../../constants.ts";
import { CannotWriteError } from "../core/errors.ts";
import { checkLength } from "./body_check.ts";
import { BlockSum } from "./block_sum.ts";
import { type Extent, type Resumable, resumeRequest, type Validator } from "./resume.ts";
import { type Block, headOf, OWNER_ONLY, readResumeData, rightBlocks, seedOf } from "./resume_data.ts";
import { dataPathOf, isOfAnother, type LookOptions, type ResumeStore } from "./resume_store.ts";
import { fileError } from "./save_error.ts";

/** Bytes of a segment from which on they are described: with those that are being read, less than 1 MiB is fetched again. */
const BLOCK = 2 ** 19;

/**
 * Looks for what there is of a body that came in segments, or as a whole; see `ResumeStore.find()`.
 *
 * @param store The unfinished bodies.
 * @param path Where the body is.
 * @param of What it is of.
 * @returns What there is, and the headers that ask for everything from the first byte on that is missing.
 * @throws {CannotWriteError} If it is there and can't be read.
 */
export async function findSegments(
  store: ResumeStore,
  path: string,
  { url, key, signal, others = [] }: { url: string; key: string } & LookOptions,
): Promise<Resumable | undefined> {
  try {
    const dataPath = dataPathOf(path);
    const data = readResumeData(dataPath, key);
    if (data && isOfAnother(data, { url, others })) return undefined;
    // What has another name too has been finished, and its run killed just then: it isn't to be written to any more
    if (data?.validator.url !== url || (Deno.statSync(path).nlink ?? 1) > 1) return store.forget(path);
    const { validator, head, blocks, others: apart } = data;
    const right = await rightBlocks(path, data, signal);
    const extents = upTo(validator.length === undefined ? Infinity : validator.length - 1, joined(right));
    if (bytesOf(extents) < KEEP_PARTIAL_FROM) return store.forget(path);
    if (right.length < blocks.length + apart.length || !data.isRead) {
      // At once or not at all: a run that is killed meanwhile must not lose what is right
      Deno.writeTextFileSync(`${dataPath}.tmp`, `${head}\n${linesOf(right)}`, OWNER_ONLY);
      Deno.renameSync(`${dataPath}.tmp`, dataPath);
    }
    const [first] = extents;
    return { ...validator, ...resumeRequest(validator, first.at === 0 ? first.end : 0), path, extents };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return store.forget(path);
    throw fileError(`cannot read the unfinished ${path}`, cause);
  }
}

/** What blocks come to, in order. */
function joined(blocks: readonly Block[]): Extent[] {
  const extents: Extent[] = [];
  for (const { at, bytes } of blocks.toSorted((a, b) => a.at - b.at)) {
    const last = extents.at(-1);
    if (last !== undefined && at <= last.end) last.end = Math.max(last.end, at + bytes);
    else extents.push({ at, end: at + bytes });
  }
  return extents;
}

/** Those that are before a byte: the last one of a body is asked for in any case, to hear whether it is still the same. */
function upTo(most: number, extents: readonly Extent[]): Extent[] {
  return extents.map(({ at, end }) => ({ at, end: Math.min(end, most) })).filter(({ at, end }) => at < end);
}

/** How many bytes extents have. */
export function bytesOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { at, end }) => sum + end - at, 0);
}

/** Lines of blocks: as those of a body that came as a whole, for the first of them. */
function linesOf(blocks: Block[]): string {
  let end = 0;
  const lines = blocks.sort((a, b) => a.at - b.at).map((block) => {
    if (block.at !== end) return lineOf(block);
    end += block.bytes;
    return `${block.bytes} ${block.sum}\n`;
  });
  return lines.filter((line) => !line.startsWith("@")).concat(lines.filter((line) => line.startsWith("@"))).join("");
}

function lineOf({ at, bytes, sum }: Block): string {
  return `@${at} ${bytes} ${sum}\n`;
}

/** The file system has no files of that length, or has to fill them: a body that a server only announces mustn't do that. */
export class NoRoomError extends Error {}

/** Has a file be so long. Where there is nothing in it, it takes no room on most file systems. */
function reserve(file: Deno.FsFile, length: number): void {
  try {
    file.truncateSync(length);
  } catch (cause) {
    throw new NoRoomError(`no room for ${length} bytes`, { cause });
  }
}

/** What a {@linkcode SegmentFile} is made with. */
export interface SegmentFileOptions {
  /** What is tried, and on what: how messages begin. */
  tried: string;
  /** Bytes of the whole body. */
  length: number;
  /** What was asked for; see `downloadKey()`. */
  key: string;
  /** Which version of what the body is. */
  validator: Validator;
  /** What is there already. Default: nothing, and the file is written over. */
  resumes?: Resumable;
}

/** The file of a body that comes in segments. */
export class SegmentFile implements Disposable {
  /** Bytes that are written. */
  bytes: number;
  readonly #path: string;
  readonly #options: SegmentFileOptions;
  readonly #file: Deno.FsFile;
  readonly #seed: Uint32Array;
  #isClosed = false;

  /**
   * Opens the file, and begins to describe it if it has nothing yet.
   *
   * @param path The file.
   * @param options What is known of the body.
   * @throws {SaveError | CannotWriteError} If that can't be done.
   * @throws {NoRoomError} If there is no room for all of it at once.
   */
  constructor(path: string, options: SegmentFileOptions) {
    const { tried, length, key, validator, resumes } = options;
    this.#path = path;
    this.#options = options;
    this.bytes = bytesOf(resumes?.extents ?? []);
    let file: Deno.FsFile | undefined;
    try {
      file = Deno.openSync(path, { write: true, create: true, truncate: resumes === undefined });
      if (file.statSync().size !== length) reserve(file, length);
      const head = resumes ? headIn(dataPathOf(path)) : headOf(key, JSON.stringify(validator));
      // Only when nothing of another body is in the file any more: else stale bytes would look valid
      if (!resumes) Deno.writeTextFileSync(dataPathOf(path), `${head}\n`, OWNER_ONLY);
      this.#seed = seedOf(head);
    } catch (cause) {
      file?.close();
      throw fileError(tried, cause);
    }
    this.#file = file;
  }

  /** Begins a segment at a byte. */
  segment(at: number): SegmentWriter {
    return new SegmentWriter(this, this.#seed, at);
  }

  /** Writes bytes where they belong. */
  write(at: number, bytes: Uint8Array): void {
    try {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) {
        const written = this.#file.writeSync(bytes.subarray(done));
        if (written === 0) throw new CannotWriteError("cannot write to a temporary file: no space left");
        done += written;
      }
    } catch (cause) {
      throw fileError(this.#options.tried, cause);
    }
    this.bytes += bytes.length;
  }

  /** Describes bytes that were written. */
  describe(block: Block): void {
    try {
      Deno.writeTextFileSync(dataPathOf(this.#path), lineOf(block), { append: true });
    } catch (cause) {
      throw fileError(this.#options.tried, cause);
    }
  }

  /**
   * Ends the file with the body, and closes it.
   *
   * @throws {SaveError | CannotWriteError} If something is missing, or can't be written.
   */
  end(): void {
    const { tried, length } = this.#options;
    checkLength(this.bytes, length);
    try {
      if (SYNC_FILES) this.#file.syncDataSync();
    } catch (cause) {
      throw fileError(tried, cause);
    }
    this[Symbol.dispose]();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#file.close();
    this.#isClosed = true;
  }
}

/** Writes one segment after another piece of it. */
export class SegmentWriter {
  readonly #file: SegmentFile;
  readonly #seed: Uint32Array;
  #at: number;
  #sum: BlockSum;

  /**
   * Begins a segment.
   *
   * @param file Its file.
   * @param seed What the sums of its body begin with.
   * @param at Where it begins.
   */
  constructor(file: SegmentFile, seed: Uint32Array, at: number) {
    this.#file = file;
    this.#seed = seed;
    this.#at = at;
    this.#sum = new BlockSum(seed, at);
  }

  /** Writes the next piece. */
  write(piece: Uint8Array): void {
    this.#file.write(this.#at + this.#sum.bytes, piece);
    this.#sum.add(piece);
    if (this.#sum.bytes >= BLOCK) this.flush();
  }

  /** Describes what was written. */
  flush(): void {
    const { bytes } = this.#sum;
    if (bytes === 0) return;
    this.#file.describe({ at: this.#at, bytes, sum: this.#sum.end() });
    this.#at += bytes;
    this.#sum = new BlockSum(this.#seed, this.#at);
  }
}

function headIn(path: string): string {
  return Deno.readTextFileSync(path).split("\n", 1)[0];
}
