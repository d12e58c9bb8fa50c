/**
 * The pages of the server that misbehaves frame by frame: those of the site, as far as `n`, `numbytes` and `seed` go.
 *
 * @module
 */

import { content, contentKey } from "../content.ts";
import { readInteger } from "../integer.ts";

/** Bytes of a body at most. */
const MAX_BODY = 2 ** 30;

/** What a page holds. */
export interface Http2Page {
  /** The status. */
  status: number;
  /** Its length in bytes. */
  length: number;
  /** Makes a part of it. */
  part: (start: number, length: number) => Uint8Array<ArrayBuffer>;
}

/** The page at a path. */
export function pageOf(path: string): Http2Page {
  const url = URL.parse(path, "http://localhost");
  const n = readInteger(url?.pathname.slice(1) ?? "");
  if (n === undefined) return { status: 404, length: 0, part: () => new Uint8Array() };
  const numbytes = url?.searchParams.get("numbytes");
  if (numbytes === null || numbytes === undefined) {
    const text = new TextEncoder().encode(n);
    return { status: 200, length: text.length, part: (start, length) => text.slice(start, start + length) };
  }
  const length = Math.min(MAX_BODY, Math.floor(Number(numbytes) || 0));
  const key = contentKey(n, Number(url?.searchParams.get("seed")) || 0);
  return { status: 200, length, part: (start, size) => content(key, start, size) };
}
