/**
 * The formats of a list: lines, NDJSON, CSV. Its name and its first line say which one a list has.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { readRecord, urlProblem } from "./list_record.ts";

/** Makes a download of a line, or says what is wrong with it. */
export type LineParser = (line: string) => Download | string;

/**
 * Tells the format of a list.
 *
 * @param name The list's name.
 * @param line Its first line that is neither blank nor a comment.
 * @returns What reads its lines, and whether this one is a header, and so no download.
 * @throws {UsageError} For a JSON array, or a CSV without a column `url`.
 */
export async function listFormat(name: string, line: string): Promise<{ parser: LineParser; isHeader: boolean }> {
  if (line.startsWith("[")) {
    throw new UsageError(`the list ${name} is a JSON array: make lines of it, by jq -rc '.[]' for example`);
  }
  const extension = /\.(csv|ndjson|jsonl)(\.gz)?$/i.exec(name)?.[1].toLowerCase();
  if (extension === "ndjson" || extension === "jsonl" || (!extension && line.startsWith("{"))) {
    return { parser: parseJson, isHeader: false };
  }
  if (/(^|,)("url"|\s*url\s*)(,|$)/i.test(line)) return { parser: await csvParser(line), isHeader: true };
  if (extension === "csv") throw new UsageError(`${name}: its first line names no column "url"`);
  return { parser: (url) => urlProblem(url) ?? { url }, isHeader: false };
}

function parseJson(line: string): Download | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  return readRecord(value);
}

async function csvParser(header: string): Promise<LineParser> {
  const { parse } = await import("@std/csv/parse");
  // Splitting serves nearly all records, several times as fast.
  const fieldsOf = (line: string) => line.includes('"') ? parse(line)[0] : line.split(",");
  const columns = fieldsOf(header).map((column) => column.trim().toLowerCase());
  return (line) => {
    try {
      const fields = fieldsOf(line);
      if (fields.length > columns.length) return `it has ${fields.length} fields for ${columns.length} columns`;
      const record: Record<string, unknown> = {};
      for (let i = 0; i < fields.length; i++) if (fields[i] !== "") record[columns[i]] = fields[i];
      if (typeof record.headers === "string") record.headers = JSON.parse(record.headers);
      return readRecord(record);
    } catch (error) {
      return `it is not CSV with JSON headers (${(error as Error).message})`;
    }
  };
}
