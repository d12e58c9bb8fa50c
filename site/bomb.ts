/**
 * Bombs: zeros without end that are small until they are unpacked.
 *
 * Nothing is compressed when one is asked for: a coded MiB is sent over and over, in gzip about a thousandth of it, in br
 * and zstd less than a ten-thousandth.
 *
 * @module
 */

import { constants, deflateRawSync } from "node:zlib";
import { type Encoding, GZIP_HEAD, gzipTail } from "./coding.ts";
import { Crc32 } from "./crc32.ts";

const MIB = 2 ** 20;

/** A MiB of zeros in a coding, and what goes around many of them. */
interface Bomb {
  /** What comes first. */
  head: Uint8Array<ArrayBuffer>;
  /** How many MiB that unpacks to. */
  inHead: number;
  /** What each MiB is. */
  block: Uint8Array<ArrayBuffer>;
  /** What comes last. */
  tail: Uint8Array<ArrayBuffer>;
}

/**
 * So many MiB of zeros, coded.
 *
 * @param encoding As which coding: br, zstd, or gzip for all others.
 * @param size MiB, 1 or more.
 */
export function bomb(encoding: Encoding, size: number): ReadableStream<Uint8Array> {
  const { head, inHead, block, tail } = encoding === "br" ? BROTLI : encoding === "zstd" ? ZSTD : gzipBomb(size);
  let left = size - inHead;
  return new ReadableStream({
    start: (controller) => controller.enqueue(head),
    pull(controller) {
      if (left-- > 0) return controller.enqueue(block);
      controller.enqueue(tail);
      controller.close();
    },
  }, { highWaterMark: 0 });
}

let gzipBlock: Uint8Array<ArrayBuffer> | undefined;

function gzipBomb(size: number): Bomb {
  // Flushed, so that it ends with a whole byte and refers to nothing before it.
  gzipBlock ??= new Uint8Array(deflateRawSync(new Uint8Array(MIB), { finishFlush: constants.Z_SYNC_FLUSH }));
  const crc = new Crc32();
  crc.updateZeros(size * MIB);
  // A last block of DEFLATE without content (RFC 1951 §3.2.6), and the end of the member.
  const tail = Uint8Array.of(3, 0, ...gzipTail(crc.value, size * MIB));
  return { head: GZIP_HEAD, inHead: 0, block: gzipBlock, tail };
}

/** A frame of blocks of 128 KiB that say "this byte, so often" (RFC 8878 §3.1.1.2.2), eight of them a MiB. */
const ZSTD: Bomb = {
  head: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38),
  inHead: 0,
  block: Uint8Array.from({ length: 32 }, (_, i) => [0x02, 0x00, 0x10, 0x00][i % 4]),
  tail: Uint8Array.of(0x01, 0x00, 0x00),
};

/** What `brotli -q 4` makes of a first MiB of zeros and of each further one, flushed, and an empty last block (RFC 7932 §9.2). */
const BROTLI: Bomb = {
  head: Uint8Array.fromHex("abffff074002201e0b24f7fec100"),
  inHead: 1,
  block: Uint8Array.fromHex("faff7f002400e2b00074ef1f0c"),
  tail: Uint8Array.of(3),
};
