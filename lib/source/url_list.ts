/**
 * Lists of URLs, from a file or from stdin, read as they are needed.
 *
 * A list is one of three things, told apart by the file's name or, failing that, by its first line:
 * - lines: one URL each;
 * - NDJSON (`.ndjson`, `.jsonl`): one object a line with `url` and, if wanted, `name`, `sha256` and `headers`;
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

/** A line of a list that is no download. */
export interface BadLine {
  /** Its number in the list, from 1. */
  line: number;
  /** What is wrong with it, as a sentence without its subject, for example `"htp://a" is not an http:// or https:// URL`. */
  problem: string;
}

/** How to read a list. */
export interface UrlListOptions {
  /** Told about every line that is skipped because it is no download. Not called when `strict`. */
  onBadLine: (bad: BadLine) => void;
  /**
   * Read the whole list first and throw if any line is bad, before the first download is returned. A file is read
   * twice; stdin, which can't be, goes to a temporary file on the way. Default: false.
   */
  strict?: boolean;
  /** What `-` stands for. Default: `Deno.stdin.readable`. */
  stdin?: ReadableStream<Uint8Array>;
}

/** Characters of the longest line that is taken. No URL with its headers is as long; a file that is no list is. */
const MAX_LINE_LENGTH = 2 ** 20;

/** How files begin that other packers than gzip have made. */
const PACKED: readonly (readonly [packer: string, magic: readonly number[]])[] = [
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]], // RFC 8878 §3.1.1
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/** Bytes of the longest of these; no list with a URL in it is shorter. */
const MAGIC_BYTES = 5;

/** Origins remembered as valid at most, some 100 bytes each. */
const MAX_ORIGINS = 10_000;

/**
 * Lines that are handed on at once. With more, so much survives each garbage collection that V8 enlarges its heap: with
 * all lines of 64 KiB, a list of 10 million URLs took 25 MB more.
 */
const LINES_AT_ONCE = 256;

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
  const { onBadLine, strict = false, stdin = Deno.stdin.readable } = options;
  const name = input === "-" ? "stdin" : input;
  if (!strict) {
    yield* downloads(name, input === "-" ? stdin : await openList(input), onBadLine);
    return;
  }
  const path = input === "-" ? await Deno.makeTempFile() : input;
  try {
    if (input === "-") await Deno.writeFile(path, stdin);
    const refuse = ({ line, problem }: BadLine) => {
      throw new UsageError(`${name} line ${line}: ${problem}`);
    };
    for await (const _batch of downloads(name, await openList(path), refuse));
    yield* downloads(name, await openList(path), refuse);
  } finally {
    if (input === "-") await Deno.remove(path);
  }
}

async function openList(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    const file = await Deno.open(path);
    if ((await file.stat()).isDirectory) {
      file.close();
      throw new Error("it is a directory");
    }
    return file.readable;
  } catch (cause) {
    throw new UsageError(`cannot read the list ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function* downloads(
  name: string,
  bytes: ReadableStream<Uint8Array>,
  onBadLine: (bad: BadLine) => void,
): AsyncGenerator<Download[], void> {
  let parser: Parser | undefined;
  let number = 0;
  for await (const lines of linesOf(name, bytes)) {
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
        const format = await formatOf(name, line);
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

/** The lines of each chunk that end in it; undefined stands for one that is too long. */
async function* linesOf(
  name: string,
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<(string | undefined)[], void> {
  let line = 0;
  let rest = "";
  let tooLong = false;
  try {
    for await (const text of textOf(name, stream)) {
      const whole = rest + text;
      let lines: (string | undefined)[] = [];
      let start = 0;
      for (let end = whole.indexOf("\n"); end >= 0; end = whole.indexOf("\n", start)) {
        lines.push(tooLong ? undefined : whole.slice(start, end));
        tooLong = false;
        start = end + 1;
        line++;
        if (lines.length < LINES_AT_ONCE) continue;
        yield lines;
        lines = [];
      }
      if (lines.length > 0) yield lines;
      rest = whole.slice(start);
      if (tooLong || rest.length > MAX_LINE_LENGTH) {
        tooLong = true;
        rest = "";
      }
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const reason = cause instanceof Error ? cause.message : cause;
    throw new UsageError(`reading the list ${name} failed after line ${line}: ${reason}`, { cause });
  }
  if (tooLong) yield [undefined];
  else if (rest !== "") yield [rest];
}

async function* textOf(name: string, stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let decoder: TextDecoder | undefined;
  for await (const bytes of unzipped(name, stream)) {
    decoder ??= new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8");
    yield decoder.decode(bytes, { stream: true });
  }
  if (decoder !== undefined) yield decoder.decode();
}

async function* unzipped(name: string, stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const source = stream[Symbol.asyncIterator]();
  try {
    // The first bytes tell what it is; a pipe may deliver them one at a time.
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < MAGIC_BYTES) {
      const { done, value } = await source.next();
      if (done) break;
      head = head.length === 0 ? value : Uint8Array.from([...head, ...value]);
    }
    for (const [packer, magic] of PACKED) {
      if (!magic.every((byte, i) => head[i] === byte)) continue;
      throw new UsageError(
        `the list ${name} is packed by ${packer}: unpack it first, or pipe it: ${packer} -dc ... | ... --input -`,
      );
    }
    if (head[0] === 0x1f && head[1] === 0x8b) yield* await gunzipped(head, source);
    else {
      if (head.length > 0) yield head;
      yield* source;
    }
  } finally {
    await source.return?.();
  }
}

/** By node:zlib, because DecompressionStream fails on files of several members (`cat a.gz b.gz`, pigz, bgzip). */
async function gunzipped(head: Uint8Array, rest: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  // Imported only here, because Node's modules take 20 ms to start.
  const [{ Readable }, { createGunzip }] = await Promise.all([import("node:stream"), import("node:zlib")]);
  async function* whole() {
    yield head;
    yield* rest;
  }
  return Readable.from(whole()).compose(createGunzip());
}

type Parser = (line: string) => Download | string;

async function formatOf(name: string, line: string): Promise<{ parser: Parser; isHeader: boolean }> {
  if (line.startsWith("[")) {
    throw new UsageError(`the list ${name} is a JSON array: make lines of it, by jq -rc '.[]' for example`);
  }
  const extension = /\.(csv|ndjson|jsonl)(\.gz)?$/i.exec(name)?.[1].toLowerCase();
  if (extension === "ndjson" || extension === "jsonl" || (!extension && line.startsWith("{"))) {
    return { parser: parseJson, isHeader: false };
  }
  if (/(^|,)("url"|\s*url\s*)(,|$)/i.test(line)) return { parser: await csvParser(line), isHeader: true };
  if (extension === "csv") throw new UsageError(`${name}: its first line names no column "url"`);
  return { parser: (url) => problemOf(url) ?? { url }, isHeader: false };
}

function parseJson(line: string): Download | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  return isRecord(value) ? toDownload(value) : "it is not a JSON object";
}

async function csvParser(header: string): Promise<Parser> {
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
      return toDownload(record);
    } catch (error) {
      return `it is not CSV with JSON headers (${(error as Error).message})`;
    }
  };
}

/** A download from the fields of a record, or what is wrong with them. Fields of other names are nobody's business. */
function toDownload({ url, name, sha256, headers }: Record<string, unknown>): Download | string {
  if (typeof url !== "string") return "it has no url";
  const problem = problemOf(url);
  if (problem !== undefined) return problem;
  const download: Download = { url };
  if (name !== undefined && name !== null) {
    if (typeof name !== "string" || name === "") return "its name is not a text";
    download.name = name;
  }
  if (sha256 !== undefined && sha256 !== null) {
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) return "its sha256 is not 64 hexadecimal digits";
    download.sha256 = sha256.toLowerCase();
  }
  if (headers !== undefined && headers !== null) {
    if (!isHeaders(headers)) return "its headers are not an object of valid HTTP header names and values";
    download.headers = headers;
  }
  return download;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHeaders(value: unknown): value is Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((each) => typeof each !== "string")) return false;
  try {
    new Headers(value as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

const validOrigins = new Set<string>();

/**
 * What is wrong with a URL. Only what comes before its path can be (https://url.spec.whatwg.org/#path-state has no
 * failure), and that is the same for most URLs of a list: remembering it saves parsing millions of them.
 */
function problemOf(url: string): string | undefined {
  if (url.includes("\ufffd")) return `${quoted(url)} is not UTF-8`;
  if (url.includes("\t")) return `${quoted(url)} has a tab in it; one URL a line`;
  const slash = url.indexOf("/", "https://".length);
  const origin = slash < 0 ? url : url.slice(0, slash);
  if (validOrigins.has(origin)) return undefined;
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return `${quoted(url)} is not an http:// or https:// URL`;
  if (validOrigins.size === MAX_ORIGINS) validOrigins.clear();
  validOrigins.add(origin);
  return undefined;
}

/** Text in quotes, short and with its control characters escaped: it may be anything, and goes to a terminal. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text);
}
