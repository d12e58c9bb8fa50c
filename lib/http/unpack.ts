/**
 * Content codings undone (RFC 9110 §8.4.1): whole or failed, in bounded steps, with bounded memory.
 *
 * `DecompressionStream` won't do: it unpacks each piece that it is given as a whole, and 16 KB of Brotli can be 8 GB. The
 * streams of node:zlib stop when nobody reads them. But they don't say when Brotli or Zstandard is cut short, drop what
 * follows an end within one piece, and never let a timer run while they are read. All of that is mended here.
 *
 * Import this file only where something packed has come: node:zlib takes 15 ms to load.
 *
 * @module
 */

import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import type { Transform } from "node:stream";
import { BodyError } from "./body_error.ts";
import { isUnpackable } from "./content_coding.ts";

/** Bytes that are unpacked in one step, and so how far unpacking is ahead of the writer, for each coding. */
const STEP_BYTES = 2 ** 15;

/** Bytes that a decoder gets at once: it stops where its step is full, but not at what unpacks to nothing. */
const PIECE_BYTES = 2 ** 16;

/** Milliseconds of unpacking after which timers and other downloads get their turn. */
const TURN_MS = 8;

/** Milliseconds that waiting for a piece takes at least, if the event loop turns meanwhile. */
const WAIT_MS = 1;

/** The window of Zstandard is 8 MB at most as a content coding (RFC 9659 §3); elsewhere it may be as much as 2 GB. */
const ZSTD_WINDOW_LOG = 23;

/** A stream of node:zlib. */
type Decoder = Transform & { readonly bytesWritten: number };

/** What unpacking needs besides the packed bytes. */
export interface UnpackOptions {
  /** Ends it between two steps; its reason is thrown. */
  signal: AbortSignal;
}

/** When unpacking last let others have their turn, shared by the codings of a body. */
interface Turns {
  lastAt: number;
  readonly signal: AbortSignal;
}

/**
 * Unpacks a body.
 *
 * @param packed The body as it is sent. Each piece must stay what it is until the next but one is asked for.
 * @param codings How it is packed, as Content-Encoding lists it: the first was applied first.
 * @param options What ends it.
 * @yields What is unpacked, about 32 KB at a time.
 * @throws {BodyError} Of kind `truncated` if what is packed isn't whole, or `protocol` if it isn't what it should be.
 * @throws What reading the packed body throws, and the signal's reason.
 */
export function unpack(
  packed: AsyncIterable<Uint8Array>,
  codings: readonly string[],
  { signal }: UnpackOptions,
): AsyncGenerator<Uint8Array, void> {
  const turns = { lastAt: performance.now(), signal };
  let pieces = arriving(packed, turns);
  for (const coding of codings.toReversed()) pieces = undo(coding, pieces, turns);
  return pieces;
}

/** Waiting for the network is a turn, too; taking what was there already is none. */
async function* arriving(packed: AsyncIterable<Uint8Array>, turns: Turns): AsyncGenerator<Uint8Array, void> {
  let askedAt = performance.now();
  for await (const piece of packed) {
    const now = performance.now();
    if (now - askedAt >= WAIT_MS) turns.lastAt = now;
    yield piece;
    askedAt = performance.now();
  }
}

/** Undoes one coding. */
async function* undo(coding: string, packed: AsyncIterable<Uint8Array>, turns: Turns): AsyncGenerator<Uint8Array> {
  let undoing: Undoing | undefined;
  let held: Uint8Array | undefined;
  try {
    for await (const piece of packed) {
      if (piece.length === 0) continue;
      undoing ??= new Undoing(coding, piece[0], turns);
      if (held) yield* undoing.write(held);
      held = piece;
    }
    // A body without a byte is an empty one, not one that is cut short
    if (undoing && held) yield* undoing.end(held);
  } finally {
    undoing?.close();
  }
}

/** One coding being undone. */
class Undoing {
  readonly #coding: string;
  readonly #firstByte: number;
  readonly #turns: Turns;
  #decoder: Decoder;
  #error: Error | undefined;
  /** Whether what was packed has ended, and only padding may follow. */
  #hasEnded = false;
  #wake = () => {};

  constructor(coding: string, firstByte: number, turns: Turns) {
    this.#coding = coding;
    this.#firstByte = firstByte;
    this.#turns = turns;
    this.#decoder = this.#open();
  }

  /** Unpacks a piece that isn't the last. */
  async *write(piece: Uint8Array): AsyncGenerator<Uint8Array, void> {
    while (piece.length > 0 && !this.#hasEnded) {
      const some = piece.subarray(0, PIECE_BYTES);
      let used;
      try {
        used = yield* this.#step(some);
      } catch (cause) {
        if (cause !== this.#error) throw cause;
        throw new BodyError("protocol", `the body isn't the ${this.#coding} it says it is: ${messageOf(cause)}`, {
          cause,
        });
      }
      piece = piece.subarray(used);
      if (used < some.length) this.#goOn();
      if (used === 0) this.#hasEnded = true;
      await this.#takeTurns();
    }
    // gzip(1) ignores zeros after the last member, which tapes and blocks are filled up with; they can't be data. Anything
    // else that follows is a part of the body that would be lost (RFC 1952 §2.2)
    if (this.#coding === "gzip" && piece.every((byte) => byte === 0)) return;
    if (piece.length > 0) throw new BodyError("protocol", `the body goes on after the end of its ${this.#coding}`);
  }

  /** Unpacks the last piece. */
  async *end(piece: Uint8Array): AsyncGenerator<Uint8Array, void> {
    yield* this.write(piece.subarray(0, -1));
    if (this.#hasEnded) return yield* this.write(piece.subarray(-1));
    // Whatever ends with the last byte doesn't take the one that is added here; what takes it is cut short
    const last = new Uint8Array([piece[piece.length - 1], 0]);
    let used = last.length;
    try {
      used = yield* this.#step(last);
    } catch (cause) {
      if (cause !== this.#error) throw cause;
    }
    if (used === 2) throw new BodyError("truncated", `the body's ${this.#coding} is cut short`, { cause: this.#error });
    if (used === 1) return;
    this.#hasEnded = true;
    yield* this.write(piece.subarray(-1));
  }

  /** An end has come, and something after it. */
  #goOn(): void {
    // Another frame (RFC 8878 §3.1) takes another decoder; another member of gzip is taken by the same
    if (this.#coding !== "zstd") return void (this.#hasEnded = true);
    this.#decoder.destroy();
    this.#decoder = this.#open();
  }

  #open(): Decoder {
    const decoder = decoderFor(this.#coding, this.#firstByte);
    decoder.on("readable", () => this.#wake());
    decoder.on("error", (error) => {
      this.#error = error;
      this.#wake();
    });
    return decoder;
  }

  close(): void {
    this.#decoder.destroy();
  }

  /** Gives a piece to the decoder, takes from it what comes of that, and returns how many bytes it took: those up to an end. */
  async *#step(piece: Uint8Array): AsyncGenerator<Uint8Array, number> {
    const decoder = this.#decoder;
    const before = decoder.bytesWritten;
    let isTaken = false;
    decoder.write(piece, () => {
      isTaken = true;
      this.#wake();
    });
    while (true) {
      if (this.#error) throw this.#error;
      const unpacked: Uint8Array | null = decoder.read();
      if (unpacked) {
        yield unpacked;
        await this.#takeTurns();
      } else if (isTaken) return decoder.bytesWritten - before;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #takeTurns(): Promise<void> {
    const { lastAt, signal } = this.#turns;
    if (performance.now() - lastAt < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal.throwIfAborted();
    this.#turns.lastAt = performance.now();
  }
}

function decoderFor(coding: string, firstByte: number): Decoder {
  const options = { chunkSize: STEP_BYTES };
  if (!isUnpackable(coding)) throw new TypeError(`${coding} can't be unpacked`);
  switch (coding) {
    case "gzip":
      return createGunzip(options);
    case "br":
      return createBrotliDecompress(options);
    case "zstd":
      return createZstdDecompress({ ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
    default:
      // deflate is zlib's format (RFC 9110 §8.4.1.2), but some servers send it bare; zlib's first byte has an 8 (RFC 1950 §2.2)
      return (firstByte & 15) === 8 ? createInflate(options) : createInflateRaw(options);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
