/**
 * The head of an HTTP/1.1 response: its status line, its headers, and what they say about the body (RFC 9112).
 *
 * @module
 */

import { quoted } from "../../core/printable.ts";
import { Http1Error } from "./error.ts";
import { isomorphicDecode } from "../../core/isomorphic.ts";

/** Bytes that a head may have at most; other clients and servers stop at 8 to 400 KiB. */
export const MAX_HEAD_BYTES = 65_536;

/** How the lines of headers begin that are looked for in each response, and were put together before. */
const LINES = new Map<string, string>();

/** Names that are remembered: all that are asked for by this program, and some of whoever uses it. */
const MOST_LINES = 100;

/** How the line of a header begins. A dozen are looked for in each response. */
function lineOf(name: string): string {
  let line = LINES.get(name);
  if (line === undefined) {
    line = `\n${name.toLowerCase()}:`;
    if (LINES.size < MOST_LINES) LINES.set(name, line);
  }
  return line;
}

/** The headers of a response. They are looked for when they are asked for, because few of them ever are. */
export class Http1Headers {
  readonly #text: string;
  readonly #lowerCase: string;

  /**
   * Reads nothing yet.
   *
   * @param text A head, with a character for each byte.
   */
  constructor(text: string) {
    this.#text = text;
    this.#lowerCase = text.toLowerCase();
  }

  /** The value; those of several headers with that name are joined by commas (RFC 9110 §5.3). Null if there is none. */
  get(name: string): string | null {
    const line = lineOf(name);
    let values: string | null = null;
    for (let at = -1; (at = this.#lowerCase.indexOf(line, at + 1)) >= 0;) {
      const value = trimmed(this.#text, at + line.length, this.#text.indexOf("\n", at + 1));
      values = values === null ? value : `${values}, ${value}`;
    }
    return values;
  }

  /** The value of each Set-Cookie header: they can't be joined, because they have commas in them (RFC 9110 §5.3). */
  getSetCookie(): string[] {
    const line = "\nset-cookie:";
    const values: string[] = [];
    for (let at = -1; (at = this.#lowerCase.indexOf(line, at + 1)) >= 0;) {
      values.push(trimmed(this.#text, at + line.length, this.#text.indexOf("\n", at + 1)));
    }
    return values;
  }

  /** Whether there is one with that name. */
  has(name: string): boolean {
    return this.#lowerCase.includes(lineOf(name));
  }
}

/** The head of a response. */
export interface Http1Head {
  /** The status code, 100 to 999. */
  status: number;
  /** What the server calls that; may be empty. */
  statusText: string;
  /** The headers. */
  headers: Http1Headers;
  /** Where the body ends (RFC 9112 §6.3): after so many bytes, with its last chunk, or with the connection. */
  framing: number | "chunked" | "close";
  /** Whether the connection may carry another request after the body (RFC 9112 §9.3). */
  isKept: boolean;
}

const [TAB, LF, CR, SPACE] = [9, 10, 13, 32];
/** After an empty line, which some servers send behind the body before; other clients skip it, too. */
// deno-lint-ignore no-control-regex -- those are what must not be there
const STATUS_LINE = /^(?:\r?\n)?HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\0-\x08\x0a-\x1f\x7f]*))?\r?\n/;
/**
 * Lines of headers: names are tokens (RFC 9110 §5.1), values have no control characters but tabs (§5.5). None may have
 * whitespace before its colon (RFC 9112 §5.1).
 */
// deno-lint-ignore no-control-regex -- those are what must not be there
const HEADER_LINES = /\n(?:[!#$%&'*+.^`|~\w-]+:[^\0-\x08\x0a-\x1f\x7f]*\r?\n)*\r?\n$/y;
/** Where a value goes on in the next line. */
const FOLD = /\r?\n[ \t]+/g;

/**
 * Looks for the empty line that ends a head.
 *
 * @param bytes What has come of a response.
 * @param from Where to begin: what was before has been looked at. Default: 0.
 * @returns The offset of the body, or -1 if the head hasn't ended yet.
 */
export function headEnd(bytes: Uint8Array, from = 0): number {
  // A lone LF ends a line too (RFC 9112 §2.2)
  for (let at = bytes.indexOf(LF, Math.max(0, from - 2)); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Reads a head.
 *
 * @param bytes All of it, with the empty line at its end.
 * @param method What was asked. Default: GET.
 * @throws {Http1Error} Of kind `protocol`, if it isn't one.
 */
export function parseHead(bytes: Uint8Array, method: "GET" | "HEAD" = "GET"): Http1Head {
  let text = isomorphicDecode(bytes);
  const [statusLine, minor, code, statusText = ""] = STATUS_LINE.exec(text) ?? [];
  if (statusLine === undefined) throw new Http1Error("protocol", `not an HTTP/1.1 response: ${quoted(text)}`);
  if (!hasHeaders(text, statusLine.length)) {
    // A value that was folded is one all the same (RFC 9112 §5.2)
    text = unfolded(text, statusLine.length);
    if (!hasHeaders(text, statusLine.length)) {
      throw new Http1Error("protocol", `not headers of HTTP/1.1: ${quoted(text.slice(statusLine.length))}`);
    }
  }
  const status = Number(code);
  const headers = new Http1Headers(text);
  const framing = method === "HEAD" ? 0 : framingOf(status, headers);
  return { status, statusText, headers, framing, isKept: framing !== "close" && isKept(headers, minor === "1") };
}

/** Whether a line is one of a header, or of a trailer. */
export function isHeaderLine(line: string): boolean {
  return hasHeaders(`\n${line}\n\n`, 1);
}

/** Whether what comes from an offset on is headers, and the empty line behind them. */
function hasHeaders(text: string, from: number): boolean {
  HEADER_LINES.lastIndex = from - 1;
  return HEADER_LINES.test(text);
}

/** A space for each fold. Whitespace before the first header is none (RFC 9112 §2.2), and stays. */
function unfolded(text: string, from: number): string {
  return text.slice(0, from) + text.slice(from).replace(FOLD, " ");
}

/** Whether the connection outlives the response (RFC 9112 §9.3); HTTP/1.0 doesn't have chunks, so that none is believed (§6.1). */
function isKept(headers: Http1Headers, isHttp11: boolean): boolean {
  const connection = headers.get("connection");
  if (connection === null) return isHttp11;
  const options = connection.toLowerCase().split(",").map((option) => option.trim());
  return !options.includes("close") &&
    (isHttp11 || options.includes("keep-alive") && !headers.has("transfer-encoding"));
}

/** RFC 9112 §6.3, for the answer to a GET. */
function framingOf(status: number, headers: Http1Headers): Http1Head["framing"] {
  if (status < 200 || status === 204 || status === 304) return 0;
  const coding = headers.get("transfer-encoding");
  if (coding !== null) {
    if (coding.toLowerCase() !== "chunked") throw new Http1Error("protocol", `transfer-encoding ${quoted(coding)}`);
    return "chunked";
  }
  const announced = headers.get("content-length");
  if (announced === null) return "close";
  if (/^\d{1,15}$/.test(announced)) return Number(announced);
  // Several that are the same are one (RFC 9110 §8.6)
  const [first, ...others] = announced.split(/[ \t]*,[ \t]*/);
  if (/^\d{1,15}$/.test(first) && others.every((other) => other === first)) return Number(first);
  throw new Http1Error("protocol", `content-length ${quoted(announced)} is no length`);
}

/** A part of a head without the whitespace around it (RFC 9110 §5.6.3), which is less than what trim() takes for it. */
function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR;
}
