/**
 * Lists that are Parquet files, as people who make data sets have them. Read page by page, and of all columns only those that
 * say something: a list of any length takes the same memory.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { type Keyed, ListFields } from "./list_fields.ts";
import { readRecord } from "./list_record.ts";
import { type Chunk, type Column, Footer } from "./parquet/footer.ts";
import { type Page, pagesOf } from "./parquet/pages.ts";
import { damaged, ParquetError } from "./parquet/parquet_error.ts";
import { RandomAccess } from "./parquet/random_access.ts";
import { Dictionary, type Value, valuesOf } from "./parquet/values.ts";
import type { UrlListOptions } from "./url_list.ts";

/** Rows that are handed on at once. */
const ROWS_AT_ONCE = 256;

/** Names of columns that are listed where one isn't there. */
const MOST_NAMES = 20;

/** How to read such a list. */
export type ParquetListOptions = Pick<UrlListOptions, "onBadLine" | "columns" | "fields">;

/**
 * Reads a list.
 *
 * @param name What it is called in messages.
 * @param path Where it is.
 * @param options How to read it. The number of a bad line is that of its row, from 1.
 * @yields Downloads in order, in batches.
 * @throws {UsageError} If it can't be read, has no column with URLs, or none with what was asked for.
 */
export async function* readParquetList(
  name: string,
  path: string,
  { onBadLine, columns: needed = [], fields }: ParquetListOptions,
): AsyncGenerator<Download[], void> {
  let row = 0;
  try {
    using file = await RandomAccess.open(path);
    const footer = await Footer.read(file);
    const wanted = wantedColumns(footer, { fields: new ListFields(fields), needed });
    const columns = [...new Map(wanted.map(({ column }) => [column.name, column])).values()];
    const keys = wanted.map(({ key, column: { name } }) => ({
      key,
      at: columns.findIndex((each) => each.name === name),
    }));
    for (const { rows, chunks } of footer.rowGroups(columns)) {
      const readers = chunks.map((chunk) => new ColumnReader(file, chunk));
      for (let left = rows; left > 0;) {
        const count = Math.min(ROWS_AT_ONCE, left);
        const values: Value[][] = [];
        for (const reader of readers) values.push(await reader.take(count));
        const batch: Download[] = [];
        for (let i = 0; i < count; i++) {
          row++;
          const read = readRow(keys, values.map((each) => each[i]), needed);
          if (typeof read === "string") onBadLine({ line: row, problem: read });
          else batch.push(read);
        }
        if (batch.length > 0) yield batch;
        left -= count;
      }
      for (const reader of readers) await reader.end();
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const isKnown = cause instanceof ParquetError || cause instanceof Deno.errors.NotFound || !isSlip(cause);
    const error = isKnown ? cause as Error : damaged("data", cause);
    const where = row > 0 ? `reading the list ${name} failed after row ${row}` : `cannot read the list ${name}`;
    throw new UsageError(`${where}: ${error.message}`, { cause });
  }
}

/** Whether an error is of the kind that code throws which believes what it reads. */
function isSlip(cause: unknown): boolean {
  return cause instanceof RangeError || cause instanceof TypeError;
}

/** A column, and what it says. */
interface Wanted {
  column: Column;
  key: string;
}

/** The columns that say something. What nobody has asked for may have the same name and be something else altogether. */
function wantedColumns(
  footer: Footer,
  { fields, needed }: { fields: ListFields; needed: readonly string[] },
): Wanted[] {
  const { names } = footer;
  const keyed = fields.keyed(names, needed);
  if (typeof keyed === "string") {
    const has = names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(", ")} ...` : names.join(", ");
    const what = keyed === "url"
      ? 'it has no column "url"; name the one with URLs with --url-column'
      : `it has no column "${keyed}"`;
    throw new ParquetError(`${what}: it has ${has}`);
  }
  return keyed.flatMap(({ at, key, isAsked }: Keyed) => {
    try {
      const column = footer.find(names[at]);
      if (key === "url" && column.type !== "BYTE_ARRAY") {
        throw new ParquetError(`its column "${column.name}" has numbers`);
      }
      return [{ column, key }];
    } catch (error) {
      if (isAsked) throw error;
      return [];
    }
  });
}

function readRow(
  keys: readonly Pick<Keyed, "at" | "key">[],
  values: readonly Value[],
  needed: readonly string[],
): Download | string {
  const record: Record<string, unknown> = {};
  for (const { at, key } of keys) {
    const value = values[at];
    if (value === undefined) return `its ${key} is longer than any that is taken`;
    if (value !== null && value !== "") record[key] = value;
  }
  if (typeof record.name === "number") record.name = String(record.name);
  if (typeof record.headers === "string") {
    try {
      record.headers = JSON.parse(record.headers);
    } catch {
      return "its headers are not JSON";
    }
  }
  return readRecord(record, needed);
}

/** Reads the values of a column in a row group. */
class ColumnReader {
  readonly #column: Column;
  readonly #pages: AsyncGenerator<Page, void>;
  #values: Iterator<Value, void> | undefined;
  #dictionary: Dictionary | undefined;

  constructor(file: RandomAccess, chunk: Chunk) {
    this.#column = chunk.column;
    this.#pages = pagesOf(file, chunk);
  }

  /** The next values, so many. */
  async take(count: number): Promise<Value[]> {
    const taken: Value[] = [];
    while (taken.length < count) {
      const next = this.#values?.next();
      if (next?.done === false) taken.push(next.value);
      else if (!await this.#turn()) throw new ParquetError(`its column "${this.#column.name}" ends too early`);
    }
    return taken;
  }

  /** Notes that all rows have been read. */
  async end(): Promise<void> {
    if (this.#values?.next().done === false || await this.#turn() && this.#values?.next().done === false) {
      throw new ParquetError(`its column "${this.#column.name}" has more values than rows`);
    }
  }

  /** Goes on to the next page with values, and says whether there is one. */
  async #turn(): Promise<boolean> {
    for (let next = await this.#pages.next(); !next.done; next = await this.#pages.next()) {
      const page = next.value;
      if (page.kind !== "dictionary") {
        this.#values = valuesOf(page, this.#column, this.#dictionary);
        return true;
      }
      this.#dictionary = new Dictionary(page, this.#column);
    }
    return false;
  }
}
