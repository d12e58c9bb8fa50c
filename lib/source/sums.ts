/**
 * Checksum files, as sha256sum(1) and its like write them (`SHA256SUMS`), in the form of GNU or of BSD; also those that are
 * signed in place by PGP, whose signature isn't looked at.
 *
 * @module
 */

import { type Algorithm, ALGORITHMS, bothDigests, type Digests, readAnyHex, readHex } from "../core/digests.ts";
import type { Download } from "../core/download.ts";
import { UsageError } from "../core/errors.ts";
import { percentDecoded } from "../core/percent_decoded.ts";
import { quoted } from "../core/printable.ts";
import type { Item, Source } from "../core/source.ts";

/** `HASH  NAME`, or `HASH *NAME`; with a backslash before if the name has one, or a line break (GNU). */
const GNU = /^(\\)?([0-9a-f]{32,128}) [ *](.+)$/i;

/** `SHA256 (NAME) = HASH` (BSD). */
const BSD = /^(\\)?(MD5|SHA1|SHA256|SHA384|SHA512) ?\((.+)\) ?= ?([0-9a-f]+)$/i;

/** The digests of files, by name. */
export class Sums {
  readonly #name: string;
  readonly #digests = new Map<string, Digests>();
  #unchecked = 0;

  /**
   * Reads a checksum file.
   *
   * @param name What it is called in messages.
   * @param text What is in it.
   * @throws {UsageError} If a line is no checksum, or there is none.
   */
  constructor(name: string, text: string) {
    this.#name = name;
    let isHead = false;
    for (const [at, line] of text.replace(/^\ufeff/, "").split(/\r?\n/).entries()) {
      if (line === "-----BEGIN PGP SIGNATURE-----") break;
      if (line === "-----BEGIN PGP SIGNED MESSAGE-----") isHead = true;
      if (line === "") isHead = false;
      if (isHead || line === "" || line.startsWith("#")) continue;
      const read = readLine(line);
      if (read === undefined) throw new UsageError(`${name} line ${at + 1}: ${quoted(line, 100)} is no checksum`);
      this.#digests.set(read.file, bothDigests(this.#digests.get(read.file), read.digests) ?? {});
    }
    if (this.#digests.size === 0) throw new UsageError(`${name} has no checksum in it`);
  }

  /** Downloads so far that it says nothing of. */
  get unchecked(): number {
    return this.#unchecked;
  }

  /**
   * Gives everything that a source has the digests that it must have.
   *
   * @param source The source.
   * @param say Called at the end with a line about those that aren't in the file, if there are any.
   * @yields The same downloads, in the same batches.
   */
  async *checked(source: Source, say: (line: string) => void): AsyncGenerator<Download[], void> {
    for await (const given of source) {
      const batch = Array.isArray(given) ? given as readonly Item[] : [given as Item];
      yield batch.map((item) => this.#checked(typeof item === "string" ? { url: item } : item));
    }
    if (this.#unchecked > 0) {
      const are = this.#unchecked === 1 ? "is 1 download" : `are ${this.#unchecked} downloads`;
      say(`there ${are} that ${this.#name} has no checksum for, and that it didn't check`);
    }
  }

  #checked(download: Download): Download {
    const digests = this.#find(download);
    if (digests === undefined) this.#unchecked++;
    return digests === undefined ? download : { ...download, digests: bothDigests(download.digests, digests) };
  }

  /** By the file's name in the list, or else the URL's path, with as many folders as the checksum file names. */
  #find({ url, name }: Download): Digests | undefined {
    const path = name ?? (URL.parse(url)?.pathname ?? "").split("/").map(percentDecoded).join("/");
    const parts = path.split("/");
    for (let from = 0; from < parts.length; from++) {
      const digests = this.#digests.get(parts.slice(from).join("/"));
      if (digests !== undefined) return digests;
    }
  }
}

/**
 * Opens a checksum file.
 *
 * @param from Its path, or its http or https URL.
 * @param signal Ends it.
 * @throws {UsageError} If it can't be read, or isn't one.
 */
export async function openSums(from: string, signal: AbortSignal): Promise<Sums> {
  let text;
  try {
    text = /^https?:\/\//i.test(from) ? await fetched(from, signal) : await Deno.readTextFile(from);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new UsageError(`cannot read the checksums ${quoted(from, 100)}: ${why}`, { cause });
  }
  return new Sums(from, text);
}

async function fetched(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (response.ok) return await response.text();
  await response.body?.cancel();
  throw new Error(`the server answered ${response.status}`);
}

function readLine(line: string): { file: string; digests: Digests } | undefined {
  const [, bsdEscaped, type, bsdName, bsdHex] = BSD.exec(line) ?? [];
  if (type !== undefined) {
    const algorithm = type.toLowerCase() as Algorithm;
    const hex = algorithm in ALGORITHMS ? readHex(algorithm, bsdHex) : undefined;
    return hex === undefined ? undefined : { file: fileOf(bsdName, bsdEscaped), digests: { [algorithm]: [hex] } };
  }
  const [, escaped, hex, name] = GNU.exec(line) ?? [];
  const digests = hex === undefined ? undefined : readAnyHex(hex);
  return digests && { file: fileOf(name, escaped), digests };
}

function fileOf(name: string, escaped: string | undefined): string {
  const file = escaped === undefined ? name : name.replace(/\\([\\nr])/g, (_, each) => ESCAPES[each]);
  return file.replace(/^(?:\.?\/)+/, "");
}

const ESCAPES: Record<string, string> = { "\\": "\\", n: "\n", r: "\r" };
