/**
 * The values of a page, one when it is asked for.
 *
 * @module
 */

import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import type { Column } from "./footer.ts";
import { readHybrid } from "./hybrid.ts";
import type { Page } from "./pages.ts";
import { damaged, ParquetError } from "./parquet_error.ts";

/** A value: null if it is missing, undefined if it is too long to be anything that is in lists. */
export type Value = string | number | null | undefined;

/** Bytes of the longest text that is taken. A batch of rows may have nothing but such. */
const MOST_TEXT_BYTES = 2 ** 16;

/** Bytes of the longest text that another may begin as. */
const MOST_PREFIX_BYTES = 2 ** 20;

/** Encodings that can be read (Encoding of parquet.thrift). */
const [PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY, DELTA_LENGTH, DELTA_TEXT, RLE_DICTIONARY] = [0, 2, 3, 5, 6, 7, 8];

const decoder = new TextDecoder();

/** The values that others refer to by their numbers. Kept as bytes, because most are used once. */
export class Dictionary {
  readonly #type: Column["type"];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where each text begins. */
  readonly #starts: Uint32Array;
  readonly #count: number;

  /**
   * Takes a page.
   *
   * @param page The page.
   * @param column What it is for.
   * @throws {ParquetError} If it has fewer values than it says.
   */
  constructor({ bytes, count, encoding }: Page, { type }: Column) {
    if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY) throw unknown(encoding);
    this.#type = type;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#count = count;
    if (count * widthOf(type) > bytes.length) throw tooFew();
    this.#starts = new Uint32Array(type === "BYTE_ARRAY" ? count : 0);
    let at = 0;
    for (let i = 0; i < this.#starts.length; i++) {
      this.#starts[i] = at;
      at += 4 + lengthAt(this.#view, at);
    }
  }

  /** The value with a number. */
  get(index: number): Value {
    if (index >= this.#count) throw new ParquetError("it refers to a value that isn't there");
    if (this.#type !== "BYTE_ARRAY") return numberAt(this.#view, index * widthOf(this.#type), this.#type);
    const from = this.#starts[index] + 4;
    return textOf(this.#bytes, from, from + lengthAt(this.#view, from - 4));
  }
}

/**
 * Reads the values of a page of data.
 *
 * @param page The page.
 * @param column Its column.
 * @param dictionary What its values may refer to; undefined if there is none.
 * @yields So many values as it says.
 * @throws {ParquetError} If it has fewer.
 */
export function* valuesOf(page: Page, column: Column, dictionary: Dictionary | undefined): Generator<Value, void> {
  const { levels, bytes } = levelsOf(page, column);
  let present = page.count;
  if (levels) { for (const level of levels) if (level === 0) present--; }
  const values = presentValues({ ...page, bytes, count: present }, column, dictionary);
  for (let i = 0; i < page.count; i++) {
    if (levels?.[i] === 0) {
      yield null;
      continue;
    }
    const { done, value } = values.next();
    if (done) throw tooFew();
    yield value;
  }
}

/** Which values are there, where some may be missing: 1 for each that is; and the bytes behind that. */
function levelsOf(page: Page, { isOptional }: Column): { levels: Uint32Array | undefined; bytes: Uint8Array } {
  const { bytes, count } = page;
  if (!isOptional) return { levels: undefined, bytes };
  if (page.levels) return { levels: readHybrid(page.levels, 1, count), bytes };
  if (page.levelEncoding !== RLE) throw unknown(page.levelEncoding);
  const length = lengthAt(viewOf(bytes), 0);
  return { levels: readHybrid(bytes.subarray(4, 4 + length), 1, count), bytes: bytes.subarray(4 + length) };
}

function presentValues(page: Page, column: Column, dictionary: Dictionary | undefined): Iterator<Value, void> {
  const { bytes, count, encoding } = page;
  const isText = column.type === "BYTE_ARRAY";
  if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) return referred(bytes, count, dictionary);
  if (encoding === PLAIN) return isText ? plainTexts(bytes, count) : plainNumbers(bytes, count, column.type);
  if (encoding === DELTA_BINARY && !isText) return deltas(bytes, count, column.type).values.values();
  if (encoding === DELTA_LENGTH && isText) return texts(bytes, count);
  if (encoding === DELTA_TEXT && isText) return prefixed(bytes, count);
  throw unknown(encoding);
}

function* referred(bytes: Uint8Array, count: number, dictionary: Dictionary | undefined): Generator<Value, void> {
  if (count === 0) return;
  if (dictionary === undefined || bytes.length === 0) throw new ParquetError("it refers to values that aren't there");
  for (const index of readHybrid(bytes.subarray(1), bytes[0], count)) yield dictionary.get(index);
}

function* plainTexts(bytes: Uint8Array, count: number): Generator<Value, void> {
  const view = viewOf(bytes);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = lengthAt(view, at);
    yield textOf(bytes, at + 4, at + 4 + length);
    at += 4 + length;
  }
}

function* plainNumbers(bytes: Uint8Array, count: number, type: Column["type"]): Generator<Value, void> {
  const width = widthOf(type);
  if (count * width > bytes.length) throw tooFew();
  const view = viewOf(bytes);
  for (let i = 0; i < count; i++) yield numberAt(view, i * width, type);
}

function* texts(bytes: Uint8Array, count: number): Generator<Value, void> {
  const { values: lengths, end } = deltas(bytes, count, "INT32");
  let at = end;
  for (let i = 0; i < count; i++) {
    yield textOf(bytes, at, at + lengths[i]);
    at += lengths[i];
  }
}

/** Each begins as the one before it does. */
function* prefixed(bytes: Uint8Array, count: number): Generator<Value, void> {
  const { values: shared, end: afterShared } = deltas(bytes, count, "INT32");
  const { values: lengths, end } = deltas(bytes.subarray(afterShared), count, "INT32");
  let before = new Uint8Array();
  let at = afterShared + end;
  for (let i = 0; i < count; i++) {
    const [kept, length] = [shared[i], lengths[i]];
    if (kept < 0 || kept > before.length || length < 0 || at + length > bytes.length) throw tooFew();
    if (kept + length > MOST_PREFIX_BYTES) throw new ParquetError(`it has a text of ${kept + length} bytes`);
    const text = new Uint8Array(kept + length);
    text.set(before.subarray(0, kept));
    text.set(bytes.subarray(at, at + length), kept);
    yield textOf(text, 0, text.length);
    before = text;
    at += length;
  }
}

function deltas(
  bytes: Uint8Array,
  count: number,
  type: Column["type"],
): { values: number[] | Int32Array; end: number } {
  if (count === 0) return { values: [], end: 0 };
  const reader = { view: viewOf(bytes), offset: 0 };
  const values = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
  try {
    deltaBinaryUnpack(reader, count, values);
  } catch (cause) {
    throw damaged("data", cause);
  }
  return { values: values instanceof Int32Array ? values : Array.from(values, Number), end: reader.offset };
}

function textOf(bytes: Uint8Array, from: number, to: number): Value {
  if (!(from <= to && to <= bytes.length)) throw tooFew();
  return to - from > MOST_TEXT_BYTES ? undefined : decoder.decode(bytes.subarray(from, to));
}

function lengthAt(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw tooFew();
  return view.getUint32(at, true);
}

function numberAt(view: DataView, at: number, type: Column["type"]): number {
  return type === "INT32" ? view.getInt32(at, true) : Number(view.getBigInt64(at, true));
}

function widthOf(type: Column["type"]): number {
  return type === "INT64" ? 8 : 4;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function unknown(encoding: number): ParquetError {
  return new ParquetError(`its values are encoded in a way that can't be read (${encoding})`);
}

function tooFew(): ParquetError {
  return new ParquetError("it has fewer values than it says");
}
