/**
 * What a server's bytes are as the answer to a GET (RFC 9110, RFC 9112): read as a whole, a rule at a time, and without any code
 * of `lib/`. It is written to be compared with the RFCs, not to be fast.
 *
 * Where they leave a choice, what a client that goes on must make of it is said, and that it may refuse it, with the reason.
 */

import { bytesOf, textOf } from "./bytes.ts";

/** How a connection goes on behind the bytes that were sent. */
export type Ending = "open" | "close" | "reset";

/** An answer, as it was framed. */
export interface Framed {
  status: number;
  /** Values of headers by their names in lower case, in the order they came. */
  headers: Map<string, string[]>;
  /** The body, its transfer coding undone. */
  body: Uint8Array;
  /** Where the answer ends: what is behind belongs to no request. */
  end: number;
  /** Whether the connection may carry another request. */
  mayReuse: boolean;
  /** Why refusing it is right too; none if it must be taken. */
  choices: string[];
}

/** Bytes that are no whole answer. */
export class NoAnswer extends Error {}

/** Heads and lines that clients need not take for their length (RFC 9112 §3, RFC 9110 §5.4). */
const [LONG_HEAD, LONG_LINE] = [8_000, 1_024];

const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;

/** Reads an answer. Throws `NoAnswer` if there is none, or not a whole one. */
export function framed(bytes: Uint8Array, ending: Ending): Framed {
  return new Reader(textOf(bytes), ending).answer();
}

class Reader {
  #at = 0;
  readonly #choices = new Set<string>();

  constructor(readonly text: string, readonly ending: Ending) {}

  answer(): Framed {
    let head = this.#head();
    for (let interim = 1; head.status >= 100 && head.status < 200; interim++) {
      if (head.status === 101) throw new NoAnswer("a switch of protocols that wasn't asked for (RFC 9110 §15.2.2)");
      if (interim > 8) this.#choices.add("many interim responses");
      head = this.#head();
    }
    const { body, isFramed } = this.#body(head);
    const options = listOf(head.headers.get("connection")).map((option) => option.toLowerCase());
    const persists = !options.includes("close") && (head.minor >= 1 || options.includes("keep-alive"));
    const isSuspect = head.minor === 0 && head.headers.has("transfer-encoding");
    return {
      status: head.status,
      headers: head.headers,
      body: bytesOf(body),
      end: this.#at,
      mayReuse: isFramed && persists && !isSuspect,
      choices: [...this.#choices],
    };
  }

  /** A line without its end: CRLF, or LF alone, which a recipient may take for one (RFC 9112 §2.2). */
  #line(): string {
    const lf = this.text.indexOf("\n", this.#at);
    if (lf < 0) throw new NoAnswer("ends within a line");
    let line = this.text.slice(this.#at, lf);
    this.#at = lf + 1;
    if (line.endsWith("\r")) line = line.slice(0, -1);
    else this.#choices.add("LF alone ends a line (RFC 9112 §2.2: MAY)");
    if (line.length > LONG_LINE) this.#choices.add("a long line");
    if (line.includes("\r")) this.#choices.add("CR alone is refused or replaced by SP (RFC 9112 §2.2)");
    return line.replaceAll("\r", " ");
  }

  #head(): { status: number; minor: number; headers: Map<string, string[]> } {
    const from = this.#at;
    let statusLine = this.#line();
    for (; statusLine === ""; statusLine = this.#line()) {
      this.#choices.add(
        "an empty line before a status line is skipped, as before a request (RFC 9112 §2.2), or refused",
      );
    }
    const [, minor, code, space] = /^HTTP\/1\.(\d) (\d{3})( |$)/.exec(statusLine) ?? [];
    if (code === undefined) throw new NoAnswer("no status line of HTTP/1.x (RFC 9112 §4)");
    if (Number(minor) > 1) this.#choices.add("HTTP/1.2 and above is read as HTTP/1.1 (RFC 9110 §2.5)");
    if (space === "") this.#choices.add("no SP behind the status code (RFC 9112 §4 wants one)");
    // deno-lint-ignore no-control-regex -- those are what is looked for
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(statusLine)) this.#choices.add("a control character in a reason phrase");
    const status = Number(code);
    if (status < 100) throw new NoAnswer("no status code (RFC 9110 §15)");
    if (status > 599) this.#choices.add("a status code above 599 is invalid (RFC 9110 §15)");
    const headers = this.#fields();
    if (this.#at - from > LONG_HEAD) this.#choices.add("a long head");
    return { status, minor: Number(minor), headers };
  }

  #fields(): Map<string, string[]> {
    const lines: string[] = [];
    let isFirst = true;
    for (let line = this.#line(); line !== ""; line = this.#line(), isFirst = false) {
      if (!/^[ \t]/.test(line)) lines.push(line);
      else if (isFirst || lines.length === 0) {
        this.#choices.add("a folded line before the first header is skipped or refused (RFC 9112 §2.2)");
      } else lines.push(`${lines.pop()} ${line}`); // obs-fold must be replaced by SP (RFC 9112 §5.2)
    }
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const rawName = line.slice(0, Math.max(0, colon));
      const name = rawName.replace(/[ \t]+$/, "");
      if (name !== rawName) this.#choices.add("whitespace before a colon is removed or refused (RFC 9112 §5.1)");
      if (!TOKEN.test(name)) throw new NoAnswer("a header whose name is no token (RFC 9110 §5.1)");
      const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
      // deno-lint-ignore no-control-regex -- those are what is looked for
      if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) this.#choices.add("a control character in a value (RFC 9110 §5.5)");
      const key = name.toLowerCase();
      headers.set(key, [...headers.get(key) ?? [], value]);
    }
    return headers;
  }

  /** RFC 9112 §6.3, rule by rule. */
  #body({ status, headers }: { status: number; headers: Map<string, string[]> }): { body: string; isFramed: boolean } {
    if (status === 204 || status === 304) {
      const lengths = headers.get("content-length");
      if (headers.has("transfer-encoding") || (lengths && !isLength(lengths))) {
        this.#choices.add("framing of a 204 or 304, which has none: ignored (§6.3), or refused where it is malformed");
      }
      return { body: "", isFramed: true };
    }
    const codings = headers.get("transfer-encoding");
    if (codings !== undefined) {
      const list = listOf(codings);
      if (list.length !== 1 || list[0].toLowerCase() !== "chunked") {
        throw new NoAnswer("a transfer coding besides chunked, which wasn't asked for (RFC 9112 §6.1, §7.4)");
      }
      if (codings.length > 1 || codings[0].toLowerCase() !== "chunked") {
        this.#choices.add("empty list elements beside chunked (RFC 9110 §5.6.1.2)");
      }
      if (headers.has("content-length")) {
        this.#choices.add("Content-Length beside chunked is overridden, or an error (§6.3)");
      }
      return { body: this.#chunks(), isFramed: true };
    }
    const lengths = headers.get("content-length");
    if (lengths === undefined) return { body: this.#upToClose(), isFramed: false };
    return { body: this.#counted(lengths), isFramed: true };
  }

  #counted(lengths: string[]): string {
    const list = lengths.join(",").split(",").map((length) => length.replace(/^[ \t]+|[ \t]+$/g, ""));
    if (!list.every((length) => /^\d+$/.test(length))) throw new NoAnswer("an invalid Content-Length (RFC 9112 §6.3)");
    const length = Number(list[0]);
    if (list.some((other) => Number(other) !== length)) throw new NoAnswer("different Content-Lengths (RFC 9112 §6.3)");
    if (new Set(list).size > 1) this.#choices.add("the same Content-Length, written in different ways");
    if (list.length > 1 && lengths.length === 1) this.#choices.add("a list of the same Content-Length (RFC 9110 §8.6)");
    if (list[0].length > 15) this.#choices.add("a Content-Length of more digits than anybody needs");
    return this.#take(length);
  }

  #upToClose(): string {
    if (this.ending !== "close") throw new NoAnswer("a body up to the end of a connection that doesn't end in order");
    return this.#take(this.text.length - this.#at);
  }

  #take(length: number): string {
    if (this.text.length - this.#at < length) throw new NoAnswer("ends within the body");
    const body = this.text.slice(this.#at, this.#at + length);
    this.#at += length;
    return body;
  }

  /** RFC 9112 §7.1. */
  #chunks(): string {
    const chunks: string[] = [];
    while (true) {
      const [, digits, blank, extension] = /^([\dA-Fa-f]+)([ \t]*)(;.*)?$/s.exec(this.#line()) ?? [];
      if (digits === undefined) throw new NoAnswer("no size of a chunk (RFC 9112 §7.1)");
      if (digits.length > 13) this.#choices.add("a size of more digits than anybody needs");
      if (blank !== "" && !extension) this.#choices.add("whitespace behind the size of a chunk");
      // deno-lint-ignore no-control-regex -- those are what is looked for
      if (/[\0-\x08\x0a-\x1f\x7f-\xff]/.test(extension ?? "")) this.#choices.add("odd characters in a chunk extension");
      const size = parseInt(digits, 16);
      if (size === 0) break;
      chunks.push(this.#take(size));
      if (this.#line() !== "") throw new NoAnswer("a chunk that is longer than its size (RFC 9112 §7.1)");
    }
    this.#trailers();
    return chunks.join("");
  }

  #trailers(): void {
    let lines = 0;
    try {
      for (let line = this.#line(); line !== ""; line = this.#line()) {
        if (!/^[!#$%&'*+.^`|~\w-]+:/.test(line)) this.#choices.add("malformed trailers, which are thrown away anyway");
        // deno-lint-ignore no-control-regex -- those are what is looked for
        if (/[\0-\x08\x0a-\x1f\x7f-\xff]/.test(line)) this.#choices.add("odd characters in trailers");
        if (++lines > 30) this.#choices.add("many trailers");
      }
    } catch (error) {
      // The last chunk makes the body whole (RFC 9112 §8); while the connection is open, its end is waited for
      if (!(error instanceof NoAnswer) || this.ending !== "close") throw error;
      this.#choices.add("the connection ends behind the last chunk, within the trailers");
      this.#at = this.text.length;
    }
  }
}

/** The elements of a list; empty ones don't count (RFC 9110 §5.6.1.2). */
export function listOf(values: string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(",")).map((element) => element.trim()).filter(Boolean);
}

function isLength(values: string[]): boolean {
  return values.length === 1 && /^\d{1,15}$/.test(values[0]);
}
