/**
 * The formats of a list: lines, NDJSON, CSV. Its name and its first line say which one a list has.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { readRecord, readUrls } from "./list_record.ts";
import { urlProblem } from "./url_problem.ts";

/** Makes a download of a line, or says what is wrong with it. */
export type LineParser = (line: string) => Download | string;

/**
 * Tells the format of a list.
 *
 * @param name The list's name.
 * @param line Its first line that is neither blank nor a comment.
 * @param columns Columns that it must have besides `url`. Default: none.
 * @returns What reads its lines, and whether this one is a header, and so no download.
 * @throws {UsageError} For a JSON array, or a CSV without a column that it must have.
 */
export async function listFormat(
  name: string,
  line: string,
  columns: readonly string[] = [],
): Promise<{ parser: LineParser; isHeader: boolean }> {
  if (line.startsWith("[")) {
    throw new UsageError(`the list ${name} is a JSON array: make lines of it, by jq -rc '.[]' for example`);
  }
  const extension = /\.(csv|ndjson|jsonl)(\.gz)?$/i.exec(name)?.[1].toLowerCase();
  if (extension === "ndjson" || extension === "jsonl" || (!extension && line.startsWith("{"))) {
    return { parser: (line) => parseJson(line, columns), isHeader: false };
  }
  if (/(^|,)("url"|\s*url\s*)(,|$)/i.test(line)) {
    return { parser: await csvParser(name, line, columns), isHeader: true };
  }
  if (extension === "csv") throw new UsageError(`${name}: its first line names no column "url"`);
  if (columns.length > 0) throw new UsageError(`${name} has no column "${columns[0]}": it is a list of lines`);
  return { parser: parseLine, isHeader: false };
}

/** A URL, or several of the same file with tabs between them, as aria2 takes them. */
function parseLine(line: string): Download | string {
  const problem = urlProblem(line);
  if (problem === undefined) return { url: line };
  return line.includes("\t") ? readUrls(line.split("\t").map((url) => url.trim()).filter(Boolean)) : problem;
}

function parseJson(line: string, columns: readonly string[]): Download | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  return readRecord(value, columns);
}

async function csvParser(name: string, header: string, needed: readonly string[]): Promise<LineParser> {
  const { parse } = await import("@std/csv/parse");
  // Splitting serves nearly all records, several times as fast.
  const fieldsOf = (line: string) => line.includes('"') ? parse(line)[0] : line.split(",");
  const spelled = (column: string) => needed.find((each) => each.toLowerCase() === column) ?? column;
  const columns = fieldsOf(header).map((column) => spelled(column.trim().toLowerCase()));
  const missing = needed.find((column) => !columns.includes(column));
  if (missing !== undefined) throw new UsageError(`${name}: its first line names no column "${missing}"`);
  return (line) => {
    try {
      const fields = fieldsOf(line);
      if (fields.length > columns.length) return `it has ${fields.length} fields for ${columns.length} columns`;
      const record: Record<string, unknown> = {};
      for (let i = 0; i < fields.length; i++) if (fields[i] !== "") record[columns[i]] = fields[i];
      if (typeof record.headers === "string") record.headers = JSON.parse(record.headers);
      return readRecord(record, needed);
    } catch (error) {
      return `it is not CSV with JSON headers (${(error as Error).message})`;
    }
  };
}
