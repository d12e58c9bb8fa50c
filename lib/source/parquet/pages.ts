/**
 * The pages of a column, one after another.
 *
 * @module
 */

import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { decompressed } from "./codecs.ts";
import type { Chunk } from "./footer.ts";
import { damaged, ParquetError } from "./parquet_error.ts";
import type { RandomAccess } from "./random_access.ts";

/** Bytes in which a page's header is looked for first, and at last: it may have the least and the largest value in it. */
const [HEADER_BYTES, MOST_HEADER_BYTES] = [4_096, 2 ** 24];

/** Values that a page may have: they need no bytes if all are missing. Writers put some 20,000 in one. */
const MOST_VALUES = 2 ** 24;

/** What a page is (PageType of parquet.thrift). */
const KINDS = ["data", "index", "dictionary", "data2"] as const;

/** A page without its compression. */
export interface Page {
  /** What it is; version 2 of data pages has its levels apart. */
  kind: "data" | "dictionary" | "data2";
  /** How many values it has, missing ones included. */
  count: number;
  /** How values are encoded (Encoding of parquet.thrift). */
  encoding: number;
  /** How levels are encoded, which say what is missing; version 2 has only one way. */
  levelEncoding: number;
  /** Its levels, where they are apart. */
  levels: Uint8Array | undefined;
  /** Its values, behind its levels where those aren't apart. */
  bytes: Uint8Array;
}

/**
 * Reads pages, one when it is asked for.
 *
 * @param file The file.
 * @param chunk The part of a column.
 * @yields Its pages, without those that are an index.
 * @throws {ParquetError} If they aren't what they must be.
 */
export async function* pagesOf(file: RandomAccess, chunk: Chunk): AsyncGenerator<Page, void> {
  for (let at = chunk.from; at < chunk.to;) {
    const { header, length } = await headerAt(file, at, chunk.to);
    at += length;
    const [kind, size, packedSize] = [KINDS[numberIn(header, 1)], numberIn(header, 2), numberIn(header, 3)];
    if (!(packedSize <= chunk.to - at)) throw new ParquetError("it has a page that goes beyond its column");
    if (kind === undefined) throw new ParquetError("it has a page of an unknown kind");
    const packed = kind === "index" ? undefined : await file.read(at, packedSize);
    at += packedSize;
    if (packed && kind === "data2") yield await secondVersion(header, { packed, size, codec: chunk.codec });
    else if (packed && kind !== "index" && kind !== "data2") {
      const about = structIn(header, kind === "data" ? 5 : 7);
      yield {
        kind,
        count: valuesOf(about),
        encoding: numberIn(about, 2),
        levelEncoding: kind === "data" ? numberIn(about, 3) : 0,
        levels: undefined,
        bytes: await decompressed(chunk.codec, packed, size),
      };
    }
  }
}

/** A page whose levels aren't compressed, and whose values may not be. */
async function secondVersion(
  header: Fields,
  { packed, size, codec }: { packed: Uint8Array; size: number; codec: string },
): Promise<Page> {
  const about = structIn(header, 8);
  const [definitions, repetitions] = [numberIn(about, 5), numberIn(about, 6)];
  const apart = definitions + repetitions;
  if (!(apart <= packed.length && apart <= size)) throw new ParquetError("it has a page with more levels than bytes");
  const values = packed.subarray(apart);
  return {
    kind: "data2",
    count: valuesOf(about),
    encoding: numberIn(about, 4),
    levelEncoding: 3,
    levels: packed.subarray(repetitions, apart),
    bytes: about.field_7 === false ? values : await decompressed(codec, values, size - apart),
  };
}

/** What is read of Thrift's compact protocol. */
type Fields = Record<`field_${number}`, unknown>;

async function headerAt(file: RandomAccess, at: number, to: number): Promise<{ header: Fields; length: number }> {
  for (let size = HEADER_BYTES; size <= MOST_HEADER_BYTES; size *= 4) {
    const bytes = await file.read(at, Math.min(size, to - at));
    const isAll = bytes.length === to - at;
    const reader = { view: new DataView(bytes.buffer), offset: 0 };
    let header: Fields | undefined;
    try {
      header = deserializeTCompactProtocol(reader) as Fields;
    } catch (cause) {
      if (isAll) throw damaged("page header", cause);
    }
    // One that ends where the bytes do may have been cut off between two of its fields
    if (header && reader.offset < bytes.length || header && isAll) return { header, length: reader.offset };
    if (isAll) break;
  }
  throw new ParquetError("its page header is damaged");
}

function numberIn(fields: Fields, id: number): number {
  const value = fields[`field_${id}`];
  return typeof value === "number" && value >= 0 ? value : NaN;
}

function structIn(fields: Fields, id: number): Fields {
  const value = fields[`field_${id}`];
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new ParquetError("its page header is damaged");
}

function valuesOf(about: Fields): number {
  const count = numberIn(about, 1);
  if (count <= MOST_VALUES) return count;
  const said = typeof about.field_1 === "number" ? about.field_1 : "an unknown number of";
  throw new ParquetError(`it has a page that claims ${said} values`);
}
