/**
 * Plain data as deflated JSON, within bounds: what comes back from a broker may be damaged, or made by anyone who can log in
 * there.
 *
 * Deflated without a header (RFC 1951): the JSON says itself whether it is whole.
 *
 * @module
 */

import { deflateRawSync, inflateRawSync } from "node:zlib";

/** zlib's level: 1 takes a third of the time of 6, for a tenth more bytes. */
const LEVEL = 1;

/**
 * Packs plain data.
 *
 * @param data What JSON can say.
 * @returns It, deflated.
 */
export function pack(data: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(data), { level: LEVEL });
}

/** Where pieces are put together: used again and again, so that publishing leaves little behind to be collected. */
let scratch = new Uint8Array(65_536);

/**
 * Packs JSON that is there already.
 *
 * @param pieces Its bytes, one after another.
 * @returns It, deflated.
 */
export function packBytes(pieces: Iterable<Uint8Array>): Uint8Array {
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > scratch.length) {
      const larger = new Uint8Array(2 * (length + piece.length));
      larger.set(scratch.subarray(0, length));
      scratch = larger;
    }
    scratch.set(piece, length);
    length += piece.length;
  }
  return deflateRawSync(scratch.subarray(0, length), { level: LEVEL });
}

/**
 * Unpacks what {@linkcode pack} or {@linkcode packBytes} made.
 *
 * @param packed The bytes, of whatever origin.
 * @param maxBytes How much there may be of it unpacked: no more memory is taken.
 * @returns The data, unchecked.
 * @throws {Error} If it is anything else, or more.
 */
export function unpack(packed: Uint8Array, maxBytes: number): unknown {
  if (packed.length > maxBytes) throw new Error(`it has ${packed.length} bytes, and at most ${maxBytes} are allowed`);
  let text: string;
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: maxBytes });
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw new Error(`it unpacks to more than ${maxBytes} bytes`, { cause });
    throw new Error("it isn't deflated text", { cause });
  }
  return JSON.parse(text);
}

/** Whether a value is an object, and not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
