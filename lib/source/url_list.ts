/**
 * Lists of URLs, from a file or from stdin, read as they are needed.
 *
 * A list is one of three things, told apart by the file's name or, failing that, by its first line:
 * - lines: one URL each, or several of the same file with tabs between them;
 * - NDJSON (`.ndjson`, `.jsonl`): one object a line with `url`, or `urls` of the same file, and, if wanted, `name`, `sha256` and `headers`;
 * - CSV (`.csv`, RFC 4180): a header row that names the columns `url` and, if wanted, `name`, `sha256` and `headers` (the
 *   headers as a JSON object). A record is a line: line breaks within quotes aren't taken.
 *
 * Blank lines and lines that begin with `#` are skipped in all three. UTF-8, or UTF-16 with its byte order mark (what
 * PowerShell writes); LF or CRLF. Gzipped lists are told by their first bytes, whatever their name.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { type LineParser, listFormat } from "./list_format.ts";
import { listLines, MAX_LINE_LENGTH, openListFile } from "./list_lines.ts";

/** A line of a list that is no download. */
export interface BadLine {
  /** Its number in the list, from 1. */
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
  /** What `-` stands for. Default: `Deno.stdin.readable`. */
  stdin?: ReadableStream<Uint8Array>;
}

/**
 * Reads a list of URLs. Only as much is read as is asked for, in batches of a file chunk each (a thousand lines or so),
 * because stepping through an async iterator line by line would cost more than reading the lines.
 *
 * @param input The path of a file, or `-` for stdin.
 * @param options How to read it.
 * @returns The downloads in order, in batches; duplicates included. Leaving the loop early closes the file.
 * @throws {UsageError} If the file can't be opened, if a CSV has no `url` column, or, when `strict`, for a bad line.
 * Also if the list breaks off, for example a gzipped one that is cut short.
 */
export async function* readUrlList(input: string, options: UrlListOptions): AsyncGenerator<Download[], void> {
  const { onBadLine, strict = false, stdin = Deno.stdin.readable, columns } = options;
  const name = input === "-" ? "stdin" : input;
  if (!strict) {
    yield* downloads(name, input === "-" ? stdin : await openListFile(input), { onBadLine, columns });
    return;
  }
  const path = input === "-" ? await Deno.makeTempFile() : input;
  try {
    if (input === "-") await Deno.writeFile(path, stdin);
    const onBadLine = ({ line, problem }: BadLine) => {
      throw new UsageError(`${name} line ${line}: ${problem}`);
    };
    for await (const _batch of downloads(name, await openListFile(path), { onBadLine, columns }));
    yield* downloads(name, await openListFile(path), { onBadLine, columns });
  } finally {
    if (input === "-") await Deno.remove(path);
  }
}

async function* downloads(
  name: string,
  bytes: ReadableStream<Uint8Array>,
  { onBadLine, columns }: Pick<UrlListOptions, "onBadLine" | "columns">,
): AsyncGenerator<Download[], void> {
  let parser: LineParser | undefined;
  let number = 0;
  for await (const lines of listLines(name, bytes)) {
    const batch: Download[] = [];
    for (const each of lines) {
      number++;
      if (each === undefined) {
        onBadLine({ line: number, problem: `it is longer than ${MAX_LINE_LENGTH} characters` });
        continue;
      }
      const line = each.trim();
      if (line === "" || line.startsWith("#")) continue;
      if (parser === undefined) {
        const format = await listFormat(name, line, columns);
        parser = format.parser;
        if (format.isHeader) continue;
      }
      const download = parser(line);
      if (typeof download === "string") onBadLine({ line: number, problem: download });
      else batch.push(download);
    }
    if (batch.length > 0) yield batch;
  }
}
