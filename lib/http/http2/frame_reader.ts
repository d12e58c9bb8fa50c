/**
 * Reads frames where they have come, from one piece of memory (RFC 9113 §4).
 *
 * @module
 */

import { CODE, ConnectionError } from "./error.ts";
import { FRAME, FRAME_HEADER_BYTES } from "./frame_buffer.ts";
import { MAX_FRAME_BYTES } from "./settings.ts";

/** Bytes that are read at once at first: a hundred answers of the slow website. 500 connections keep 2 MB, and not 33. */
const FIRST_BYTES = 4_096;

/** Bytes that are read at once where so many come: four of the largest frames. */
const MOST_BYTES = 4 * (MAX_FRAME_BYTES + FRAME_HEADER_BYTES);

/** How much larger the buffer gets when a read has filled it. */
const GROWTH = 4;

/** Takes frames one by one; the payload is valid only during the call. */
export interface FrameTaker {
  /** Takes a frame; returns whether there is use for further ones. */
  onFrame(type: number, flags: number, stream: number, payload: Uint8Array): boolean;
}

/**
 * Reads a connection to its end.
 *
 * @param conn The connection.
 * @param taker Who takes the frames.
 * @throws {ConnectionError} If what comes are no frames, or ones that are too large.
 * @throws {Error} What reading throws, and what the taker does.
 */
export async function readFrames(conn: Deno.Conn, taker: FrameTaker): Promise<void> {
  let buffer = new Uint8Array(FIRST_BYTES);
  let have = 0;
  let isFirst = true;
  while (true) {
    const came = await conn.read(have === 0 ? buffer : buffer.subarray(have));
    if (came === null) return;
    have += came;
    if (isFirst && have >= FRAME_HEADER_BYTES) {
      if (buffer[3] !== FRAME.SETTINGS) throw notHttp2(buffer);
      isFirst = false;
    }
    const taken = takeFrames(buffer, have, taker);
    if (taken < 0) return;
    if (taken > 0 && taken < have) buffer.copyWithin(0, taken, have);
    const isFull = have === buffer.length;
    have -= taken;
    if (!isFull || buffer.length === MOST_BYTES) continue;
    buffer = new Uint8Array(buffer.buffer.transfer(Math.min(MOST_BYTES, GROWTH * buffer.length)));
  }
}

/** Takes whole frames; returns how many bytes they were, or -1 if there is no use for further ones. */
function takeFrames(buffer: Uint8Array, have: number, taker: FrameTaker): number {
  let at = 0;
  while (have - at >= FRAME_HEADER_BYTES) {
    const length = buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2];
    if (length > MAX_FRAME_BYTES) throw new ConnectionError(CODE.FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
    const payload = at + FRAME_HEADER_BYTES;
    const end = payload + length;
    if (end > have) break;
    const stream = (buffer[at + 5] & 127) << 24 | buffer[at + 6] << 16 | buffer[at + 7] << 8 | buffer[at + 8];
    if (!taker.onFrame(buffer[at + 3], buffer[at + 4], stream, buffer.subarray(payload, end))) return -1;
    at = end;
  }
  return at;
}

/** What came in place of the server's SETTINGS (RFC 9113 §3.4). */
function notHttp2(bytes: Uint8Array): ConnectionError {
  const needsHttp1 = String.fromCharCode(...bytes.subarray(0, 5)) === "HTTP/";
  const message = needsHttp1 ? "the server answered in HTTP/1.1" : "the server doesn't speak HTTP/2";
  return new ConnectionError(CODE.PROTOCOL_ERROR, message, { needsHttp1 });
}
