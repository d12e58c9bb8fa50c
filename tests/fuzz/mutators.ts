/** Changes to bytes that nobody thought of: in any place, and of every size. */

import { bytesOf, joined } from "./bytes.ts";
import type { Random } from "./random.ts";

/** What parsers of HTTP/1.1 trip over. */
const TRICKY = [
  ...'\0\t\n\r ":;,\x7f\x80\xff',
  "\r\n",
  "\n\n",
  "\r\n\r\n",
  "\r\r\n",
  "\n\r\n",
  "\r\n ",
  "\xef\xbb\xbf",
  "0\r\n\r\n",
  "0\r\n",
  "ffffffffffffffff\r\n",
  "7fffffff",
  "Content-Length: 0\r\n",
  "Content-Length: 7\r\n",
  "Content-Encoding: gzip\r\n",
  "Content-Encoding: br\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.0 200 OK\r\n\r\n",
  "\x1f\x8b\x08\0\0\0\0\0\0\x03",
];

type Mutator = (bytes: Uint8Array, at: number, random: Random) => Uint8Array;

const MUTATORS: Mutator[] = [
  // A bit, or a byte
  (bytes, at, random) => bytes.with(at, bytes[at] ^ 1 << random.below(8)),
  (bytes, at, random) => bytes.with(at, random.below(256)),
  // A part is missing, comes twice, comes elsewhere, or changes places with its neighbour
  (bytes, at, random) => joined(bytes.subarray(0, at), bytes.subarray(at + random.between(1, 10))),
  (bytes, at, random) => joined(bytes.subarray(0, at + random.between(1, 40)), bytes.subarray(at)),
  (bytes, at, random) => {
    const from = random.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(from, from + random.between(1, 40)), bytes.subarray(at));
  },
  // Cut short
  (bytes, at) => bytes.subarray(0, at),
  // Something tricky is put in, or written over
  (bytes, at, random) => joined(bytes.subarray(0, at), bytesOf(random.pick(TRICKY)), bytes.subarray(at)),
  (bytes, at, random) => {
    const tricky = bytesOf(random.pick(TRICKY));
    return joined(bytes.subarray(0, at), tricky, bytes.subarray(at + tricky.length));
  },
  // A line ends in another way
  (bytes, at) => {
    const end = bytes.indexOf(13, at);
    return end < 0 ? bytes : joined(bytes.subarray(0, end), bytes.subarray(end + 1));
  },
];

/** Changes bytes a few times, more often near their start, where the head is. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  for (let times = random.weighted([[6, 1], [3, 2], [1, 5]]); times > 0 && bytes.length > 0; times--) {
    const among = random.chance(0.6) ? Math.min(bytes.length, 300) : bytes.length;
    bytes = random.pick(MUTATORS)(bytes, random.below(among), random);
  }
  return bytes;
}

/** Cuts bytes into packets: at no place, anywhere, everywhere, or where lines end. */
export function packets(bytes: Uint8Array, random: Random): Uint8Array[] {
  const way = random.below(6);
  if (way < 2 || bytes.length === 0) return [bytes];
  if (way === 2 && bytes.length <= 400) return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  const cuts = new Set<number>();
  for (let n = random.between(1, 6); n > 0; n--) cuts.add(random.below(bytes.length));
  if (way === 3) {
    for (let at = 0; cuts.size < 20 && (at = bytes.indexOf(10, at)) >= 0; at++) cuts.add(at + random.below(3));
  }
  const sorted = [...cuts, bytes.length].filter((cut) => cut > 0 && cut <= bytes.length).sort((a, b) => a - b);
  return sorted.map((cut, n) => bytes.subarray(sorted[n - 1] ?? 0, cut)).filter(({ length }) => length > 0);
}
