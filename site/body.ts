/**
 * Bodies sent over time, made piece by piece and never held whole.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** A body, and how to send it. */
export interface BodyOptions {
  /** Makes a part of it: `length` bytes from `start` on. */
  part: (start: number, length: number) => Uint8Array<ArrayBuffer>;
  /** Its length in bytes. */
  length: number;
  /** The size of a piece in bytes. Default: as the time allows, 65,536 at most. */
  chunkSize?: number;
  /** Milliseconds to spread it over. Default: 0. */
  duration?: number;
  /** Waits until so many bytes more may be sent. Default: no wait. */
  pace?: (bytes: number, signal: AbortSignal) => Promise<void>;
}

/** Bytes made and held at once for one response. */
const PIECE = 65_536;
/** Milliseconds between two pieces of a body that takes its time, where its pieces may be as small as that. */
const TICK_MS = 50;

/** Streams a body, its last byte at the end of the duration. A piece is made when the client has taken the one before. */
export function streamBody({ part, length, chunkSize, duration = 0, pace }: BodyOptions): ReadableStream<Uint8Array> {
  const ticks = Math.max(1, Math.ceil(duration / TICK_MS));
  const size = chunkSize ?? Math.min(PIECE, Math.max(1, Math.ceil(length / ticks)));
  const begin = performance.now();
  const stop = new AbortController();
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = Math.min(size, length - sent);
      const due = length === 0 ? duration : duration * (sent + piece) / length;
      const wait = due - (performance.now() - begin);
      if (wait >= 1) await delay(wait, { signal: stop.signal }).catch(leaveIfStopped);
      // Pieces sent without a pause would arrive as one.
      else if (chunkSize) await new Promise((turn) => setImmediate(turn));
      if (pace && piece > 0) await pace(piece, stop.signal).catch(leaveIfStopped);
      if (stop.signal.aborted) return;
      if (piece > 0) controller.enqueue(part(sent, piece));
      sent += piece;
      if (sent === length) controller.close();
    },
    cancel: () => stop.abort(),
  }, { highWaterMark: 0 });

  function leaveIfStopped(error: unknown) {
    if (!stop.signal.aborted) throw error;
  }
}
