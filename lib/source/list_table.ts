/**
 * Lists that are tables, with a header that names their columns: CSV (RFC 4180), or TSV, in which a tab ends a field and nothing
 * is quoted (https://www.iana.org/assignments/media-types/text/tab-separated-values).
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import type { ListFields } from "./list_fields.ts";
import type { LineParser } from "./list_format.ts";
import { readRecord } from "./list_record.ts";

/** What is known of a table. */
export interface TableOptions {
  /** How its fields are separated. */
  format: "csv" | "tsv";
  /** Which columns say what. */
  wanted: ListFields;
  /** Columns that it must have besides. */
  columns: readonly string[];
}

/**
 * Reads a header.
 *
 * @param name What the list is called in messages.
 * @param header Its header.
 * @param options What is known of it.
 * @returns What reads its other lines.
 * @throws {UsageError} If a column isn't there that must be.
 */
export async function tableParser(name: string, header: string, options: TableOptions): Promise<LineParser> {
  const { format, wanted, columns: needed } = options;
  const fieldsOf = format === "tsv" ? (line: string) => line.split("\t") : await csvFields();
  const columns = fieldsOf(header).map((column) => column.trim());
  const keyed = wanted.keyed(columns, needed);
  if (typeof keyed === "string") throw new UsageError(`${name}: its first line names no column "${keyed}"`);
  return (line) => {
    try {
      const fields = fieldsOf(line);
      if (fields.length > columns.length) return `it has ${fields.length} fields for ${columns.length} columns`;
      const record: Record<string, unknown> = {};
      for (const { at, key } of keyed) if (fields[at] !== undefined && fields[at] !== "") record[key] = fields[at];
      if (typeof record.headers === "string") record.headers = JSON.parse(record.headers);
      return readRecord(record, needed, wanted.url);
    } catch (error) {
      return `it is not ${format.toUpperCase()} with JSON headers (${(error as Error).message})`;
    }
  };
}

async function csvFields(): Promise<(line: string) => string[]> {
  const { parse } = await import("@std/csv/parse");
  // Splitting serves nearly all records, several times as fast.
  return (line) => line.includes('"') ? parse(line)[0] : line.split(",");
}
