/**
 * Lists of URLs, from a file or from stdin, read as they are needed.
 *
 * A list is one of five things, told apart by the file's name or, failing that, by its first line:
 * - lines: one URL each, or several of the same file with tabs between them;
 * - NDJSON (`.ndjson`, `.jsonl`): one object a line with `url`, or `urls` of the same file, and, if wanted, `name`, `sha256` and `headers`;
 * - CSV (`.csv`, RFC 4180): a header row that names the columns `url` and, if wanted, `name`, `sha256` and `headers` (the
 *   headers as a JSON object). A record is a line: line breaks within quotes aren't taken;
 * - TSV (`.tsv`): the same with tabs, and nothing is quoted;
 * - Parquet (`.parquet`): the same columns, in rows of a file that isn't text; `parquet_list.ts` reads it.
 *
 * Blank lines and lines that begin with `#` are skipped in all that are text, but for what comes after the header of a TSV. UTF-8, or UTF-16 with its byte order mark (what
 * PowerShell writes); LF or CRLF. Gzipped lists are told by their first bytes, whatever their name.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { lazy } from "../core/lazy.ts";
import type { FieldColumns } from "./list_fields.ts";
import { type LineFormat, type ListFormat, listFormat } from "./list_format.ts";
import { listLines, MAX_LINE_LENGTH, openListFile } from "./list_lines.ts";
import { isUrl, listName } from "./list_url.ts";

/** What a list is made of. */
export type ListFormatName = LineFormat | "parquet";

/** A line of a list that is no download. */
export interface BadLine {
  /** Its number in the list, from 1; of Parquet, that of its row. */
  line: number;
  /** What is wrong with it, as a sentence without its subject, for example `"htp://a" is not an http:// or https:// URL`. */
  problem: string;
}

/** How to read a list. */
export interface UrlListOptions {
  /** Called with every line that is skipped because it is no download. Not called when `strict`. */
  onBadLine: (bad: BadLine) => void;
  /**
   * Read the whole list first and throw if any line is bad, before the first download is returned. A file is read
   * twice; stdin, which can't be, goes to a temporary file on the way. Default: false.
   */
  strict?: boolean;
  /** Columns that each line must have besides its URL, kept with the download. Default: none. */
  columns?: readonly string[];
  /** What it is made of. Default: as its name and its first line say. */
  format?: ListFormatName;
  /** The columns that say what a list can say, where they have other names. Default: none have. */
  fields?: FieldColumns;
  /** What `-` stands for. Default: `Deno.stdin.readable`. */
  stdin?: ReadableStream<Uint8Array>;
}

/**
 * Reads a list of URLs. Only as much is read as is asked for, in batches of a file chunk each (a thousand lines or so),
 * because stepping through an async iterator line by line would cost more than reading the lines.
 *
 * @param input The path of a file, its http or https URL, or `-` for stdin.
 * @param options How to read it.
 * @returns The downloads in order, in batches; duplicates included. Leaving the loop early closes the file.
 * @throws {UsageError} If the file can't be opened, if a CSV has no `url` column, or, when `strict`, for a bad line.
 * Also if the list breaks off, for example a gzipped one that is cut short.
 */
export async function* readUrlList(input: string, options: UrlListOptions): AsyncGenerator<Download[], void> {
  const { strict = false, stdin = Deno.stdin.readable } = options;
  const name = listName(input);
  const isParquet = isParquetList(input, options.format);
  const open = () => input === "-" ? Promise.resolve(stdin) : openListFile(input);
  // What has to be read twice, or from its end, is kept if it comes only once
  await using kept = (strict || isParquet) && (input === "-" || isUrl(input)) ? await keep(await open()) : undefined;
  const read = (onBadLine: UrlListOptions["onBadLine"]) => {
    if (isParquet) return parquetDownloads(name, kept?.path ?? input, { ...options, onBadLine });
    return downloads(name, kept ? openListFile(kept.path) : open(), { ...options, onBadLine });
  };
  if (!strict) return yield* read(options.onBadLine);
  const fail = ({ line, problem }: BadLine) => {
    throw new UsageError(`${name} ${isParquet ? "row" : "line"} ${line}: ${problem}`);
  };
  for await (const _batch of read(fail));
  yield* read(fail);
}

/** Whether a list is Parquet: by its name, unless it is said. */
export function isParquetList(input: string, format: ListFormatName | undefined): boolean {
  if (format !== undefined) return format === "parquet";
  return /\.(parquet|pq)$/i.test(isUrl(input) ? URL.parse(input)?.pathname ?? "" : input);
}

/** Writes a list to a file, for as long as it is needed. */
async function keep(bytes: ReadableStream<Uint8Array>): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile();
  const kept = { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
  try {
    await Deno.writeFile(path, bytes);
    return kept;
  } catch (error) {
    await kept[Symbol.asyncDispose]();
    throw error;
  }
}

async function* parquetDownloads(
  name: string,
  path: string,
  options: UrlListOptions,
): AsyncGenerator<Download[], void> {
  const module = import.meta.resolve("./parquet_list.ts");
  const { readParquetList } = await lazy<typeof import("./parquet_list.ts")>(module, "reading Parquet");
  yield* readParquetList(name, path, options);
}

async function* downloads(
  name: string,
  bytes: Promise<ReadableStream<Uint8Array>>,
  { onBadLine, columns, format: known, fields }: UrlListOptions,
): AsyncGenerator<Download[], void> {
  let format: ListFormat | undefined;
  let number = 0;
  for await (const lines of listLines(name, await bytes)) {
    const batch: Download[] = [];
    for (const each of lines) {
      number++;
      if (each === undefined) {
        onBadLine({ line: number, problem: `it is longer than ${MAX_LINE_LENGTH} characters` });
        continue;
      }
      const line = each.trim();
      if (line === "" || (!format?.isExact && line.startsWith("#"))) continue;
      if (format === undefined) {
        format = await listFormat(name, withoutReturn(each), { columns, format: known as LineFormat, fields });
        if (format.isHeader) continue;
      }
      const download = format.parser(format.isExact ? withoutReturn(each) : line);
      if (typeof download === "string") onBadLine({ line: number, problem: download });
      else batch.push(download);
    }
    if (batch.length > 0) yield batch;
  }
}

/** A line that ended with CRLF. */
function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
