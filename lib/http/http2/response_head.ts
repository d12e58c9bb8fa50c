/**
 * The head of a response over HTTP/2: its status and its headers (RFC 9113 §8.2, §8.3.2).
 *
 * @module
 */

import { quoted } from "../../core/printable.ts";
import type { DynamicTable } from "./dynamic_table.ts";
import { hpackDecode } from "./hpack.ts";
import { CODE, StreamError } from "./error.ts";

/** Bytes that the headers of a response may have; over HTTP/1.1 it is the same. Announced as MAX_HEADER_LIST_SIZE. */
export const MAX_HEADER_BYTES = 65_536;

/** Headers of a response, by name. */
export class Http2Headers {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  /** Adds one. */
  add(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** The value; those of several headers with that name are joined by commas (RFC 9110 §5.3). Null if there is none. */
  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let joined: string | null = null;
    for (let at = -1; (at = this.#names.indexOf(wanted, at + 1)) >= 0;) {
      joined = joined === null ? this.#values[at] : `${joined}, ${this.#values[at]}`;
    }
    return joined;
  }

  /** Whether there is one with that name. */
  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  /** The values of all `set-cookie` headers. */
  getSetCookie(): string[] {
    return this.#values.filter((_, at) => this.#names[at] === "set-cookie");
  }
}

/** The head of a response. */
export interface ResponseHead {
  /** The status code, 100 to 999. */
  readonly status: number;
  /** The headers. */
  readonly headers: Http2Headers;
  /** Bytes that the body must have; undefined if they aren't announced. */
  readonly length: number | undefined;
}

/** Headers that say something about an HTTP/1.1 connection, and make a response malformed here (RFC 9113 §8.2.2). */
const OF_A_CONNECTION = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** RFC 9113 §8.2.1: tokens without capital letters. */
const NAME = /^[!#$%&'*+.^`|~\-_\da-z]+$/;

/** RFC 9113 §8.2.1, and the other control characters that RFC 9110 §5.5 doesn't allow. */
// deno-lint-ignore no-control-regex -- those are what must not be there
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/;

/** The block that was read last, and its head: many responses of a server differ in their bodies only. */
let lastBlock = new Uint8Array();
let lastHead: ResponseHead | undefined;

/**
 * Reads a head. One that is malformed is decoded to its end all the same, as its connection goes on (RFC 9113 §8.1.1).
 *
 * @param block The whole block of headers. It may be changed afterwards.
 * @param table What earlier blocks of the connection have left.
 * @returns The head. Nobody may change it, because the next one may be the same.
 * @throws {StreamError} If it is none, or one that is malformed.
 * @throws {HpackError} If the block can't be decoded.
 */
export function readHead(block: Uint8Array, table?: DynamicTable): ResponseHead {
  if (lastHead !== undefined && areEqual(block, lastBlock)) return lastHead;
  const uses = table?.uses;
  const head = decode(block, table);
  if (uses !== table?.uses) return head; // the same block may mean something else the next time
  lastHead = head;
  lastBlock = block.slice();
  return head;
}

/** Decodes a block that nobody waits for, for the sake of what later ones refer to. */
export function skipBlock(block: Uint8Array, table: DynamicTable): void {
  if (table.isOn) hpackDecode(block, MAX_HEADER_BYTES, () => {}, table);
}

function decode(block: Uint8Array, table?: DynamicTable): ResponseHead {
  const headers = new Http2Headers();
  let status = 0;
  let problem: string | undefined;
  let isRegular = false;
  hpackDecode(block, MAX_HEADER_BYTES, (name, value) => {
    if (name === ":status" && status === 0 && !isRegular && /^[1-9]\d\d$/.test(value)) {
      status = Number(value);
      return;
    }
    isRegular = true;
    problem ??= problemOf(name, value);
    headers.add(name, value);
  }, table);
  if (problem === undefined && status === 0) problem = "no :status";
  if (problem !== undefined) throw new StreamError(CODE.PROTOCOL_ERROR, `a malformed response: ${problem}`);
  return { status, headers, length: lengthOf(status, headers) };
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Reads a block of trailers, which nobody wants, for the sake of what is wrong with it. */
export function readTrailers(block: Uint8Array, table?: DynamicTable): void {
  let problem: string | undefined;
  hpackDecode(block, MAX_HEADER_BYTES, (name, value) => {
    problem ??= problemOf(name, value);
  }, table);
  if (problem !== undefined) throw new StreamError(CODE.PROTOCOL_ERROR, `malformed trailers: ${problem}`);
}

function problemOf(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return `header ${quoted(name)}`;
  if (OF_A_CONNECTION.has(name)) return `header ${name}, which is HTTP/1.1's`;
  if (BAD_VALUE.test(value)) return `the value of ${name} is ${quoted(value)}`;
}

/** Bytes that Content-Length announces; several of the same value are one (RFC 9110 §8.6). */
function lengthOf(status: number, headers: Http2Headers): number | undefined {
  if (status < 200 || status === 204 || status === 304) return status < 200 ? undefined : 0;
  const announced = headers.get("content-length");
  if (announced === null) return undefined;
  if (/^\d{1,15}$/.test(announced)) return Number(announced);
  const [first, ...others] = announced.split(/[ \t]*,[ \t]*/);
  if (/^\d{1,15}$/.test(first) && others.every((other) => other === first)) return Number(first);
  throw new StreamError(CODE.PROTOCOL_ERROR, `a malformed response: content-length ${quoted(announced)}`);
}
