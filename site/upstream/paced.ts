/**
 * A body that comes from elsewhere, sent over time.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Pace } from "../connection_pace.ts";
import type { Pieces } from "../pieces.ts";

/** How fast. What is absent doesn't slow it. */
export interface PacedOptions {
  /** Bytes per second, at most. */
  rate?: number;
  /** Milliseconds to spread it over, if its length is known. */
  duration?: number;
  /** Its length in bytes. */
  length?: number;
  /** What it shares with the other bodies of its connection. */
  pace?: Pace;
}

/** The time that a part takes, so that a body flows rather than comes in bursts. */
const PART_MS = 50;

/** Sends a body over time. */
export async function* paced(pieces: Pieces, options: PacedOptions): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { rate = Infinity, duration = 0, length, pace } = options;
  const perMs = Math.min(rate / 1_000, duration > 0 && length ? length / duration : Infinity);
  const size = Math.min(65_536, pace?.pieceSize ?? Infinity, Math.max(1, Math.floor(perMs * PART_MS)));
  const begin = performance.now();
  const never = new AbortController().signal;
  let sent = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length; start += size) {
      const part = piece.subarray(start, start + size);
      sent += part.length;
      const wait = sent / perMs - (performance.now() - begin);
      if (wait >= 1) await delay(wait);
      if (pace) await pace.wait(part.length, never);
      yield part;
    }
  }
}
