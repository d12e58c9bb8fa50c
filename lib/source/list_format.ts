/**
 * The formats of a list that has lines: lines with a URL each, NDJSON, CSV, TSV. Its name and its first line say which one a
 * list has.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { type FieldColumns, ListFields } from "./list_fields.ts";
import { readRecord, readUrls } from "./list_record.ts";
import { urlProblem } from "./url_problem.ts";

/** What a list is made of that has lines. */
export type LineFormat = "lines" | "ndjson" | "csv" | "tsv";

/** Makes a download of a line, or says what is wrong with it. */
export type LineParser = (line: string) => Download | string;

/** What a list is known to be, and to have. */
export interface ListFormatOptions {
  /** Columns that it must have besides those that are asked for by `fields`. Default: none. */
  columns?: readonly string[];
  /** Its format. Default: as its name and its first line say. */
  format?: LineFormat;
  /** The columns that say what a list can say, where they have other names. Default: none have. */
  fields?: FieldColumns;
}

/** Reads the lines of a list. */
export interface ListFormat {
  /** Makes a download of a line. */
  parser: LineParser;
  /** Whether the first line is a header, and so no download. */
  isHeader: boolean;
  /** Whether spaces and tabs at the ends of lines, and `#` at their beginnings, are a part of them. */
  isExact: boolean;
}

/**
 * Tells the format of a list.
 *
 * @param name The list's name.
 * @param line Its first line that is neither blank nor a comment, with all spaces and tabs.
 * @param options What it is known to be, and to have.
 * @returns What reads its lines.
 * @throws {UsageError} For a JSON array, or a table without a column that it must have.
 */
export async function listFormat(name: string, line: string, options: ListFormatOptions = {}): Promise<ListFormat> {
  const { columns = [], fields } = options;
  const wanted = new ListFields(fields);
  const format = options.format ?? formatOf(name, line, wanted.url);
  if (format === "json") {
    throw new UsageError(`the list ${name} is a JSON array: make lines of it, by jq -rc '.[]' for example`);
  }
  if (format === "ndjson") {
    return { parser: (each) => parseJson(each, { wanted, columns }), isHeader: false, isExact: false };
  }
  if (format === "csv" || format === "tsv") {
    const { tableParser } = await import("./list_table.ts");
    const parser = await tableParser(name, line, { format, wanted, columns });
    return { parser, isHeader: true, isExact: format === "tsv" };
  }
  const missing = columns[0] ?? wanted.named;
  if (missing !== undefined) throw new UsageError(`${name} has no column "${missing}": it is a list of lines`);
  return { parser: parseLine, isHeader: false, isExact: false };
}

/** A URL, or several of the same file with tabs between them, as aria2 takes them. */
function parseLine(line: string): Download | string {
  const problem = urlProblem(line);
  if (problem === undefined) return { url: line };
  return line.includes("\t") ? readUrls(line.split("\t").map((url) => url.trim()).filter(Boolean)) : problem;
}

/** A table is told by its header, which names the column with URLs: no URL is called like that. */
function formatOf(name: string, line: string, url: string): LineFormat | "json" {
  const start = line.trim();
  if (start.startsWith("[")) return "json";
  const extension = /\.(csv|tsv|ndjson|jsonl)(\.gz)?$/i.exec(fileOf(name))?.[1].toLowerCase();
  if (extension === "csv" || extension === "tsv") return extension;
  if (extension !== undefined || start.startsWith("{")) return "ndjson";
  const names = (separator: string) => start.split(separator).map((each) => each.trim().replace(/^"(.*)"$/, "$1"));
  const isTable = (separator: string) => names(separator).some((each) => each.toLowerCase() === url.toLowerCase());
  return line.includes("\t") && isTable("\t") ? "tsv" : isTable(",") ? "csv" : "lines";
}

/** What a list is called without what comes behind the path of a URL. */
function fileOf(name: string): string {
  return /^https?:\/\//i.test(name) ? URL.parse(name)?.pathname ?? name : name;
}

function parseJson(
  line: string,
  { wanted, columns }: { wanted: ListFields; columns: readonly string[] },
): Download | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  return readRecord(wanted.renamed(value), columns, wanted.url);
}
