/**
 * From the bytes of a list to its lines: unzipped, decoded, and cut at line breaks.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { isUrl, openListUrl } from "./list_url.ts";

/** Characters of the longest line that is taken. No URL with its headers is as long; a file that is no list is. */
export const MAX_LINE_LENGTH = 2 ** 20;

/** How a Parquet file begins. */
const PARQUET = [0x50, 0x41, 0x52, 0x31];

/** How files begin that other packers than gzip have made. */
const PACKED: readonly (readonly [packer: string, magic: readonly number[]])[] = [
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]], // RFC 8878 §3.1.1
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/** Bytes of the longest of these; no list with a URL in it is shorter. */
const MAGIC_BYTES = 5;

/**
 * Lines that are handed on at once. With more, so much survives each garbage collection that V8 enlarges its heap: with
 * all lines of 64 KiB, a list of 10 million URLs took 25 MB more.
 */
const LINES_AT_ONCE = 256;

/**
 * Opens a list that is a file, a pipe with a name, or on a website.
 *
 * @param path Where it is.
 * @returns Its bytes.
 * @throws {UsageError} If it can't be read, or is a directory.
 */
export async function openListFile(path: string): Promise<ReadableStream<Uint8Array>> {
  if (isUrl(path)) return await openListUrl(path);
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

/**
 * Reads the lines of a list, gzipped or not, UTF-8 or UTF-16.
 *
 * @param name What the list is called in messages.
 * @param stream Its bytes. Leaving the loop early cancels them.
 * @returns The lines of each chunk that end in it; undefined stands for one that is too long.
 * @throws {UsageError} If the list breaks off, or is packed by something else than gzip.
 */
export async function* listLines(
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
    if (PARQUET.every((byte, i) => head[i] === byte)) {
      throw new UsageError(`the list ${name} is Parquet: say so with --list-format parquet`);
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
