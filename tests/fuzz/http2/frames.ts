/** Frames as servers write them (RFC 9113 §4.1), and headers in the ways there are to write them (RFC 7541 §6). */

import { bytesOf, joined } from "../bytes.ts";
import type { Random } from "../random.ts";
import { huffman } from "./huffman.ts";
import { type Field, indexOf } from "./oracle_hpack.ts";

/** Types of frames. */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Their names. */
export const TYPE_NAMES: readonly string[] = Object.keys(TYPE);

/** Flags of frames. */
export const FLAGS = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

/** A frame. */
export function frameOf(type: number, flags: number, stream: number, ...payload: Uint8Array[]): Uint8Array {
  const body = joined(...payload);
  const head = new DataView(new ArrayBuffer(9));
  head.setUint32(0, body.length * 256 + type);
  head.setUint8(4, flags);
  head.setUint32(5, stream);
  return joined(new Uint8Array(head.buffer), body);
}

/** A number in so many bytes, the highest first. */
export function numberOf(value: number, size = 4): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}

/** A payload with padding around it, half of the time; the flag says whether there is. */
export function padded(payload: Uint8Array, random: Random): [flag: number, payload: Uint8Array] {
  if (random.chance(0.75)) return [0, payload];
  const padding = random.pick([0, 1, 5, 255]);
  return [FLAGS.PADDED, joined(Uint8Array.of(padding), payload, new Uint8Array(padding))];
}

/** A block of headers. */
export function blockOf(fields: readonly Field[], random: Random): Uint8Array {
  const pieces: Uint8Array[] = random.chance(0.1) ? [Uint8Array.of(0x20)] : []; // a table of size 0
  for (const { name, value } of fields) {
    const index = indexOf(name);
    if (name === ":status" && value === "200" && random.chance(0.7)) {
      pieces.push(Uint8Array.of(0x88));
      continue;
    }
    const [first, bits] = random.pick([[0x40, 6], [0, 4], [0x10, 4]]);
    const isNamed = index > 0 && random.chance(0.7);
    pieces.push(integerOf(first, bits, isNamed ? index : 0));
    if (!isNamed) pieces.push(textBytes(name, random));
    pieces.push(textBytes(value, random));
  }
  return joined(...pieces);
}

function textBytes(text: string, random: Random): Uint8Array {
  const isHuffman = random.chance(0.5);
  const bytes = isHuffman ? huffman(text) : bytesOf(text);
  return joined(integerOf(isHuffman ? 0x80 : 0, 7, bytes.length), bytes);
}

function integerOf(first: number, bits: number, value: number): Uint8Array {
  const most = 2 ** bits - 1;
  if (value < most) return Uint8Array.of(first + value);
  const bytes = [first + most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Uint8Array.of(...bytes, value);
}
