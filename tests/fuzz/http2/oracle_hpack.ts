/**
 * Blocks of headers read by the book (RFC 7541), for a client that has announced a dynamic table of size 0, and bears with
 * servers that use the one that there is before they have confirmed that.
 */

import { textOf } from "../bytes.ts";
import { fromHuffman } from "./huffman.ts";

/** RFC 7541, Appendix A. */
const TABLE = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control
content-disposition content-encoding content-language content-length content-location content-range content-type
cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after
server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate
`.trim().split("\n").flatMap((line, at) => {
  if (at >= 16) return line.split(" ").map((name) => ({ name, value: "" }));
  const [name, ...value] = line.split(" ");
  return [{ name, value: value.join(" ") }];
});

/** A header. */
export interface Field {
  name: string;
  value: string;
}

/** The index of a name in the static table; 0 if it isn't there. */
export function indexOf(name: string): number {
  return TABLE.findIndex((entry) => entry.name === name) + 1;
}

/** A block that no decoder may take. */
export class BadBlock extends Error {}

/** What blocks have added, the latest first, as far as it fits into 4,096 bytes. */
export class Added {
  #fields: Field[] = [];
  #room = 4_096;

  add(field: Field): void {
    const sizes = [field, ...this.#fields].map(({ name, value }) => name.length + value.length + 32);
    let left = this.#room;
    const kept = sizes.findIndex((size) => (left -= size) < 0);
    this.#fields = [field, ...this.#fields].slice(0, kept < 0 ? sizes.length : kept);
  }

  at(index: number): Field | undefined {
    return this.#fields[index];
  }

  close(): void {
    this.#fields = [];
    this.#room = 0;
  }
}

/** All headers of a block, in order. */
export function fieldsOf(block: Uint8Array, added: Added): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const byte = () => {
    if (at >= block.length) throw new BadBlock("it ends too early");
    return block[at++];
  };
  const integer = (prefix: number): number => {
    const most = 2 ** prefix - 1;
    let value = byte() % 2 ** prefix;
    if (value < most) return value;
    for (let factor = 1;; factor *= 128) {
      const next = byte();
      value += next % 128 * factor;
      if (value > 2 ** 28 || factor > 2 ** 21) throw new BadBlock("an integer is too large");
      if (next < 128) return value;
    }
  };
  const text = (): string => {
    const isHuffman = at < block.length && block[at] >= 128;
    const length = integer(7);
    if (at + length > block.length) throw new BadBlock("a string ends too early");
    const bytes = block.subarray(at, at += length);
    const decoded = isHuffman ? fromHuffman(bytes) : textOf(bytes);
    if (decoded === undefined) throw new BadBlock("a string is no Huffman code");
    return decoded;
  };
  const entry = (index: number): Field => {
    const found = TABLE[index - 1] ?? added.at(index - 1 - TABLE.length);
    if (index < 1 || found === undefined) throw new BadBlock(`there is no entry ${index}`);
    return found;
  };
  while (at < block.length) {
    const first = block[at];
    if (first >= 128) fields.push(entry(integer(7)));
    else if (first < 64 && first >= 32) {
      if (fields.length > 0 || integer(5) > 0) throw new BadBlock("a change of the table that isn't allowed");
      added.close();
    } else {
      const index = integer(first >= 64 ? 6 : 4);
      const name = index > 0 ? entry(index).name : text();
      const field = { name, value: text() };
      if (first >= 64) added.add(field);
      fields.push(field);
    }
  }
  return fields;
}
