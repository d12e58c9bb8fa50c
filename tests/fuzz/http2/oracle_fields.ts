/** What the headers of a response have to be, by the book. */

import type { Field } from "./oracle_hpack.ts";

/** A stream that has to end. */
export class Malformed extends Error {}

/** RFC 9113 §8.3.2: `:status`, once, before all others. */
export function statusOf([first]: Field[]): number {
  if (first?.name !== ":status" || !/^[1-9][0-9][0-9]$/.test(first.value)) throw new Malformed(":status");
  return Number(first.value);
}

/** RFC 9113 §8.2. */
export function isRight(name: string, value: string): boolean {
  // deno-lint-ignore no-control-regex -- those are what must not be there
  if (name === "" || /[\x00-\x20A-Z:\x7f-\xff]/.test(name) || /[\0\r\n]|^[ \t]|[ \t]$/.test(value)) return false;
  return !/^(connection|proxy-connection|keep-alive|transfer-encoding|upgrade)$/.test(name);
}

/** RFC 9110 §8.6. */
export function lengthOf(fields: readonly Field[]): number | undefined | "bad" {
  const all = fields.filter(({ name }) => name === "content-length").flatMap(({ value }) => value.split(","));
  const lengths = new Set(all.map((length) => length.replace(/^[ \t]+|[ \t]+$/g, "")));
  if (lengths.size === 0) return undefined;
  const [length] = lengths;
  return lengths.size === 1 && /^[0-9]{1,15}$/.test(length) ? Number(length) : "bad";
}
