/**
 * Writing a body to a file as it comes.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { CannotWriteError } from "../core/errors.ts";
import type { DescriptionWriter } from "./partial_file.ts";
import { SaveError } from "./save_error.ts";

/** Bytes of a piece of a body from which on it is written while the next is read. */
const OVERLAP_FROM = 2 ** 16;

/** How far the saving of a body is. */
export interface Progress {
  /** Bytes of it that are written, or are being written. */
  bytes: number;
  /** Whether it is being read, so that what goes wrong is its own fault and not the disk's. */
  isReading: boolean;
  /** Describes what is written of a body that is kept if it breaks off. */
  described?: DescriptionWriter;
  /** Takes in all bytes, for their SHA-256. Default: nothing does. */
  hash?: Hash;
}

/** What is known of a body beforehand. */
export interface Expected {
  /** Bytes of it at most. Default: any number. */
  length?: number;
  /** Whether a piece may be written while the next is read. Default: false. */
  overlaps?: boolean;
}

/**
 * Writes a body as it comes.
 *
 * @param file Where to, from where it stands.
 * @param body The body. It is left before its end when it can't be written, or is too long.
 * @param options What is known of it, and `progress`: how far it is, kept up to date.
 * @throws {SaveError} If it is too long.
 * @throws {Error} What reading the body throws, or the file system, as it is.
 */
export async function writeChunks(
  file: Deno.FsFile,
  body: AsyncIterable<Uint8Array>,
  { length = Infinity, overlaps = false, progress }: Expected & { progress: Progress },
): Promise<void> {
  const { described, hash } = progress;
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
