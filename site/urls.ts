/**
 * `GET /urls`: the pages' URLs, as input for a downloader.
 *
 * @module
 */

import { content, contentKey } from "./content.ts";

/** Which URLs to list, and how. */
export interface UrlListOptions {
  /** The first page. */
  start: number;
  /** How many pages. */
  count: number;
  /** One URL per line, or one JSON object per line with the URL and what is known about its body. */
  format: "text" | "ndjson";
  /** What each page is asked to do: a query without the question mark, or nothing. */
  query: string;
  /** The size of each page's body, where it was asked for. */
  numbytes?: number;
  /** The seed of each page's body. */
  seed?: number;
  /** How many of 127.0.0.1, 127.0.0.2 and so on the URLs are spread over. Default: only the one that was asked. */
  hosts?: number;
  /** Whether the body follows from those. Default: true. */
  isKnown?: boolean;
}

/** Lines made at once. */
const BATCH = 1_000;

/** Bodies up to this many bytes are listed with their SHA-256: a million of them are hashed in about as many lines' time. */
const HASHED_BYTES = 4_096;

/**
 * Streams the list, a batch of lines as the client takes it.
 *
 * An NDJSON line has the fields of a `Download` in lib/core/download.ts: `url`, and `expected` (the number that the page
 * answers) or `sha256` (of a body of at most 4,096 bytes).
 *
 * @param origin What the URLs begin with, for example `http://127.0.0.1:8000`.
 * @param options Which URLs.
 */
export function listUrls(origin: string, options: UrlListOptions): ReadableStream<Uint8Array> {
  const { start, count, format, query, hosts } = options;
  let n = start;
  const hostOf = (n: number) =>
    hosts === undefined ? origin : origin.replace(/\/\/[^/]*?(:\d+)?$/, `//127.0.0.${1 + n % hosts}$1`);
  const line = async () => {
    const url = `${hostOf(n)}/${n}${query && `?${query}`}`;
    return format === "text" ? url : JSON.stringify({ url, ...await known(n, options) });
  };
  return new ReadableStream({
    async pull(controller) {
      const lines: string[] = [];
      for (; n < start + count && lines.length < BATCH; n++) lines.push(await line());
      if (lines.length) controller.enqueue(new TextEncoder().encode(lines.join("\n") + "\n"));
      if (n === start + count) controller.close();
    },
  }, { highWaterMark: 0 });
}

async function known(
  n: number,
  { numbytes, seed = 0, isKnown = true }: UrlListOptions,
): Promise<Record<string, unknown>> {
  if (!isKnown) return {};
  if (numbytes === undefined) return { expected: n };
  if (numbytes > HASHED_BYTES) return {};
  const body = content(contentKey(String(n), seed), 0, numbytes);
  return { sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex() };
}
