/**
 * Which content codings (RFC 9110 §8.4) belong to a file, and which to its way here.
 *
 * A server packs a body for the way, and it is unpacked on arrival. But Content-Encoding is said of files too that are
 * packed where they lie (Apache's AddEncoding, for `.tar.gz`). So a name that says how the file is packed keeps that coding.
 *
 * @module
 */

import type { AnswerHeaders } from "../core/answer.ts";

/** Codings by their other names (RFC 9110 §8.4.1). */
const ALIASES = new Map([["x-gzip", "gzip"], ["x-compress", "compress"], ["x-bzip2", "bzip2"], ["x-xz", "xz"]]);

/** Codings that can be undone. */
const UNPACKABLE = new Set(["gzip", "br", "deflate", "zstd"]);

/** What names of files say of how they are packed, by their endings. */
const ENDINGS = new Map([
  ...["gz", "tgz", "taz", "svgz"].map((ending) => [ending, "gzip"] as const),
  ...["zst", "tzst"].map((ending) => [ending, "zstd"] as const),
  ...["bz2", "tbz", "tbz2"].map((ending) => [ending, "bzip2"] as const),
  ...["xz", "txz"].map((ending) => [ending, "xz"] as const),
  ["br", "br"],
  ["z", "compress"],
]);

/** Codings of a body at most: more are a trick. curl takes five, too. */
export const MAX_CODINGS = 5;

/**
 * How a body is packed.
 *
 * @param headers The headers that came with it.
 * @returns The codings in the order they were applied in, without `identity`; none if it isn't packed.
 */
export function codingsOf(headers: AnswerHeaders): string[] {
  const codings: string[] = [];
  for (const each of headers.get("content-encoding")?.split(",") ?? []) {
    const coding = each.trim().toLowerCase();
    if (coding !== "" && coding !== "identity") codings.push(ALIASES.get(coding) ?? coding);
  }
  return codings;
}

/**
 * The coding that a file's name says it has.
 *
 * @param name A name, or a path.
 * @returns For example `gzip` for `a.tar.gz`; undefined if it says nothing.
 */
export function codingOfName(name: string): string | undefined {
  return ofEnding(/\.(\w{1,4})$/.exec(name));
}

/** The same of the name that a URL's path ends in. */
export function codingOfUrl(url: string): string | undefined {
  // Nearly always there is no ending, which can be seen without the expression
  const path = url.indexOf("/", "http://".length);
  if (path < 0 || url.indexOf(".", path) < 0) return undefined;
  return ofEnding(/^\w+:\/\/[^/?#]*\/[^?#]*\.(\w{1,4})(?:[?#]|$)/.exec(url));
}

function ofEnding(match: RegExpExecArray | null): string | undefined {
  return match ? ENDINGS.get(match[1].toLowerCase()) : undefined;
}

/** Whether a coding can be undone. */
export function isUnpackable(coding: string): boolean {
  return UNPACKABLE.has(coding);
}
