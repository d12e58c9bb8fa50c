/**
 * What a page holds at the moment: its bytes, and what its validators say about them (RFC 9110 §8.8).
 *
 * @module
 */

import { content, contentKey } from "./content.ts";
import type { Behaviour } from "./parameters.ts";

/** What a page holds. */
export interface Representation {
  /** Its media type. */
  type: string;
  /** Its length in bytes. */
  length: number;
  /** Its entity tag, with the quotes; empty if it has none. */
  etag: string;
  /** When it was last changed, as an HTTP date; empty if it doesn't say. */
  lastModified: string;
  /** Makes a part of it. */
  part: (start: number, length: number) => Uint8Array<ArrayBuffer>;
  /** Makes so many bytes that mean nothing. */
  garbage: (length: number) => Uint8Array<ArrayBuffer>;
}

/** Which state of a page. */
export interface RepresentationOptions {
  /** How often the page has changed. */
  version: number;
  /** How often it was asked for, this time included. */
  attempt: number;
}

/** When pages that never changed were last changed. */
const FIRST_MODIFIED = Date.parse("2026-01-01T00:00:00Z");

/** What a page holds in one of its states. */
export function representationOf(
  n: string,
  behaviour: Behaviour,
  { version, attempt }: RepresentationOptions,
): Representation {
  const { numbytes, seed = 0 } = behaviour;
  const key = contentKey(n, seed, version);
  const garbage = (length: number) => content(key, 0, length);
  const validators = validatorsOf(n, behaviour, { version, attempt });
  if (numbytes === undefined) {
    const text = new TextEncoder().encode(version === 0 ? n : String(BigInt(n) + BigInt(version)));
    return {
      type: "application/json",
      length: text.byteLength,
      ...validators,
      part: (start, length) => text.slice(start, start + length),
      garbage,
    };
  }
  return {
    type: "application/octet-stream",
    length: numbytes,
    ...validators,
    part: (start, length) => content(key, start, length),
    garbage,
  };
}

function validatorsOf(
  n: string,
  { numbytes, seed = 0, validators = "right" }: Behaviour,
  { version, attempt }: RepresentationOptions,
): Pick<Representation, "etag" | "lastModified"> {
  const stated = validators === "stuck" ? 0 : version;
  const size = numbytes === undefined ? "" : `-${numbytes}`;
  const each = validators === "restless" ? `-${attempt}` : "";
  const tag = `"${contentKey(n, seed, stated).toString(16).padStart(8, "0")}${size}${each}"`;
  // A date has whole seconds: each change counts as one.
  const seconds = stated + (validators === "restless" ? attempt : 0);
  const lastModified = new Date(FIRST_MODIFIED + seconds * 1_000).toUTCString();
  if (validators === "none") return { etag: "", lastModified: "" };
  if (validators === "date") return { etag: "", lastModified };
  return { etag: validators === "weak" ? `W/${tag}` : tag, lastModified };
}
