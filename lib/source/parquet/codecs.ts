/**
 * Undoes the compression of pages (https://parquet.apache.org/docs/file-format/data-pages/compression/).
 *
 * @module
 */

import { snappyUncompress } from "hyparquet/src/snappy.js";
import { damaged, ParquetError } from "./parquet_error.ts";

/** Bytes of the largest page that is read: writers make pages of about 1 MiB. */
export const MOST_PAGE_BYTES = 64 * 2 ** 20;

/** Undoes a compression: the result has exactly as many bytes. */
type Decompress = (packed: Uint8Array, length: number) => Promise<Uint8Array> | Uint8Array;

const CODECS: Record<string, Decompress> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY(packed, length) {
    const bytes = new Uint8Array(length);
    snappyUncompress(packed, bytes);
    return bytes;
  },
  LZ4_RAW: lz4,
  async GZIP(packed, length) {
    return (await import("node:zlib")).gunzipSync(packed, { maxOutputLength: length });
  },
  async BROTLI(packed, length) {
    return (await import("node:zlib")).brotliDecompressSync(packed, { maxOutputLength: length });
  },
  async ZSTD(packed, length) {
    return (await import("node:zlib")).zstdDecompressSync(packed, { maxOutputLength: length });
  },
};

/**
 * Undoes the compression of a page.
 *
 * @param codec What it is compressed by.
 * @param packed The page.
 * @param length Bytes that it has then, as its header says.
 * @throws {ParquetError} If it hasn't, that is more than a page may have, or the codec isn't known.
 */
export async function decompressed(codec: string, packed: Uint8Array, length: number): Promise<Uint8Array> {
  const decompress = Object.hasOwn(CODECS, codec) ? CODECS[codec] : undefined;
  if (decompress === undefined) {
    throw new ParquetError(`it is compressed by ${codec}, which can't be undone; ZSTD and SNAPPY can, for example`);
  }
  if (!(length >= 0 && length <= MOST_PAGE_BYTES)) {
    throw new ParquetError(`it has a page of ${Number.isNaN(length) ? "an unknown number of" : length} bytes`);
  }
  if (length === 0) return new Uint8Array(); // of a page whose values are all missing, some writers pack what isn't there
  try {
    const bytes = await decompress(packed, length);
    if (bytes.length === length) return bytes;
  } catch (cause) {
    throw damaged("compressed data", cause);
  }
  throw new ParquetError("its compressed data is damaged");
}

/** A block of LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). */
function lz4(packed: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let [at, to] = [0, 0];
  const more = (first: number) => {
    let count = first;
    for (let byte = first === 15 ? 255 : 0; byte === 255; count += byte) byte = packed[at++] ?? NaN;
    return count;
  };
  while (at < packed.length) {
    const token = packed[at++];
    const literals = more(token >> 4);
    if (!(at + literals <= packed.length && to + literals <= length)) throw new ParquetError("its LZ4 is damaged");
    bytes.set(packed.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === packed.length) break; // the last sequence has no match
    const offset = packed[at++] | packed[at++] << 8;
    const matched = more(token & 15) + 4;
    if (!(offset > 0 && offset <= to && to + matched <= length)) throw new ParquetError("its LZ4 is damaged");
    for (const end = to + matched; to < end; to++) bytes[to] = bytes[to - offset]; // they may overlap
  }
  return bytes.subarray(0, to);
}
