/**
 * The end of a Parquet file, which says where its columns are (https://parquet.apache.org/docs/file-format/).
 *
 * Nothing it says is believed before it is held against the file: whoever made it may have lied, or been interrupted.
 *
 * @module
 */

import { parquetMetadata } from "hyparquet/src/metadata.js";
import { damaged, ParquetError } from "./parquet_error.ts";
import type { RandomAccess } from "./random_access.ts";

type FileMetaData = ReturnType<typeof parquetMetadata>;
type SchemaElement = FileMetaData["schema"][number];

/** What a file begins and ends with. */
const MAGIC = "PAR1";

/** Bytes of the magic and the footer's length, which stand behind the footer. */
const TAIL_BYTES = 8;

/** Bytes of the largest footer that is read: it takes some 100 for each column of each row group. */
const MOST_FOOTER_BYTES = 64 * 2 ** 20;

/** Rows that a file may have: far more than any list, and few enough to be counted by. */
const MOST_ROWS = 2 ** 31;

/** What values may mean besides. Others, such as dates, would have to be written as text in some way. */
const MEANINGS = /^(UTF8|STRING|ENUM|JSON|INTEGER|U?INT_(8|16)|INT_(32|64))$/;

/** A column. */
export interface Column {
  /** Its name. */
  name: string;
  /** The type of its values in the file. */
  type: "BYTE_ARRAY" | "INT32" | "INT64";
  /** Whether some of its values may be missing. */
  isOptional: boolean;
}

/** A part of a column, in one row group. */
export interface Chunk {
  /** The column. */
  column: Column;
  /** Where it begins in the file. */
  from: number;
  /** Where it ends. */
  to: number;
  /** How its pages are compressed. */
  codec: string;
}

/** Rows that are together in the file. */
export interface RowGroup {
  /** How many. */
  rows: number;
  /** The parts of the columns that were asked for. */
  chunks: Chunk[];
}

/** The footer of a file. */
export class Footer {
  /** The names of all columns at the top. */
  readonly names: readonly string[];
  readonly #tops: readonly SchemaElement[];
  readonly #groups: FileMetaData["row_groups"];
  readonly #size: number;

  private constructor({ schema, row_groups: groups }: FileMetaData, size: number) {
    this.#tops = topsOf(schema);
    this.#groups = groups;
    this.#size = size;
    this.names = this.#tops.map(({ name }) => name);
  }

  /**
   * Reads the footer of a file.
   *
   * @param file The file.
   * @returns What it says.
   * @throws {ParquetError} If there is none.
   */
  static async read(file: RandomAccess): Promise<Footer> {
    const { size } = file;
    if (size < MAGIC.length + TAIL_BYTES || textOf(await file.read(0, MAGIC.length)) !== MAGIC) {
      throw new ParquetError("it is no Parquet file");
    }
    const tail = await file.read(size - TAIL_BYTES, TAIL_BYTES);
    if (textOf(tail.subarray(4)) !== MAGIC) throw new ParquetError("its end is missing");
    const length = new DataView(tail.buffer).getUint32(0, true);
    if (length > size - MAGIC.length - TAIL_BYTES) {
      throw new ParquetError(`its footer claims ${length} bytes, of a file of ${size}`);
    }
    if (length > MOST_FOOTER_BYTES) throw new ParquetError(`its footer has ${length} bytes, more than can be read`);
    const footer = await file.read(size - TAIL_BYTES - length, length + TAIL_BYTES);
    try {
      return new Footer(parquetMetadata(footer.buffer, { geoparquet: false }), size);
    } catch (cause) {
      throw damaged("footer", cause);
    }
  }

  /**
   * Finds a column.
   *
   * @param name Its name.
   * @throws {ParquetError} If it isn't there, or has nothing that can be read.
   */
  find(name: string): Column {
    const element = this.#tops.find((each) => each.name === name);
    if (element === undefined) throw new ParquetError(`it has no column "${name}"`);
    const { type, num_children: children = 0, repetition_type: repetition } = element;
    if (type === undefined || children > 0 || repetition === "REPEATED") {
      throw new ParquetError(`its column "${name}" is nested, and has no single value in a row`);
    }
    const { converted_type: converted, logical_type: logical } = element;
    const isUnsigned = logical?.type === "INTEGER" && !logical.isSigned && logical.bitWidth > 16;
    const meaning = isUnsigned
      ? `UINT_${logical.bitWidth}`
      : [converted, logical?.type].find((each) => each !== undefined && !MEANINGS.test(each));
    if (!isReadable(type) || meaning !== undefined) {
      throw new ParquetError(`its column "${name}" is neither text nor whole numbers: it is ${meaning ?? type}`);
    }
    return { name, type, isOptional: repetition !== "REQUIRED" };
  }

  /**
   * Says where columns are in each row group.
   *
   * @param columns The columns.
   * @throws {ParquetError} If that can't be.
   */
  rowGroups(columns: readonly Column[]): RowGroup[] {
    let all = 0;
    return this.#groups.map(({ columns: chunks, num_rows: claimed }, at) => {
      const rows = countOf(claimed);
      all += rows;
      if (!(all <= MOST_ROWS)) throw new ParquetError(`its row group ${at + 1} claims ${said(claimed)} rows`);
      const find = (column: Column): Chunk => {
        const meta = chunks.find(({ meta_data: meta }) => {
          return meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === column.name;
        })?.meta_data;
        const where = `column "${column.name}" in row group ${at + 1}`;
        if (meta === undefined) throw new ParquetError(`it says nothing of its ${where}`);
        if (meta.type !== column.type) {
          throw new ParquetError(`its ${where} is ${meta.type ?? "of no type"}, and not ${column.type}`);
        }
        if (countOf(meta.num_values) !== rows) {
          throw new ParquetError(`its ${where} has ${said(meta.num_values)} values, for ${rows} rows`);
        }
        // Some writers have no offset for the dictionary, others one of 0
        const { dictionary_page_offset: dictionary, data_page_offset: data } = meta;
        const from = Math.min(countOf(data), dictionary ? countOf(dictionary) : Infinity);
        const to = from + countOf(meta.total_compressed_size);
        if (!(from >= MAGIC.length && to <= this.#size - TAIL_BYTES)) {
          throw new ParquetError(`its ${where} isn't in the file`);
        }
        return { column, from, to, codec: meta.codec ?? "an unknown method" };
      };
      return { rows, chunks: rows === 0 ? [] : columns.map(find) };
    });
  }
}

/** What isn't within something else. */
function topsOf(schema: readonly SchemaElement[]): SchemaElement[] {
  const tops: SchemaElement[] = [];
  for (let at = 1; at < schema.length;) {
    tops.push(schema[at]);
    // What is within it comes behind it
    for (let open = 1; open > 0 && at < schema.length; at++) open += (schema[at].num_children ?? 0) - 1;
  }
  return tops;
}

function isReadable(type: string): type is Column["type"] {
  return type === "BYTE_ARRAY" || type === "INT32" || type === "INT64";
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** A number of a footer, for a message. */
function said(value: unknown): string {
  return typeof value === "bigint" || typeof value === "number" ? String(value) : "an unknown number of";
}

/** A number of a footer; NaN, which is in no bounds, for what is none. */
function countOf(value: bigint | number | undefined): number {
  const number = Number(value ?? NaN);
  return Number.isSafeInteger(number) && number >= 0 ? number : NaN;
}
