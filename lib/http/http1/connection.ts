/**
 * A connection that HTTP/1.1 is spoken on: bytes out, bytes in, with what came early kept for whoever reads next.
 *
 * @module
 */

import { ONE_GO_BYTES } from "../../../constants.ts";
import type { Answer, Arrivals } from "../../core/answer.ts";
import type { Request } from "../request.ts";
import { Http1Error } from "./error.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { headEnd, type Http1Head, MAX_HEAD_BYTES, parseHead } from "./head.ts";
import { isomorphicDecode } from "../../core/isomorphic.ts";
import { closeConn, cutOff } from "../tls.ts";

/** Bytes that a connection keeps at first: a head and a short page. 10,000 that wait for one keep 10 MB, and not 184. */
const FIRST_BYTES = 1_024;

/** Bytes that it keeps once those were too few, and that are read at once: a body that is read in one go, with its head. */
const BUFFER_BYTES = ONE_GO_BYTES + 2_048;

const LF = 10;

/** The header of a frame, and its type, which a server of HTTP/2 begins with (RFC 9113 §3.4, §4.1). */
const [FRAME_HEADER_BYTES, SETTINGS] = [9, 4];

/** A connection to a server. */
export class Http1Connection {
  /** Which attempts it is for: those of an odd number, 1, or of an even one, 0. Default: none has had it yet. */
  parity: number | undefined;
  /** Noted when bytes arrive, until the connection is idle. Default: nothing is. */
  arrivals: Arrivals | undefined;
  /** Whether it has been idle since it was made. */
  isUsed = false;
  readonly #conn: Deno.Conn;
  readonly #onIdleEnd: ((connection: Http1Connection) => void) | undefined;
  #buffer = new Uint8Array(FIRST_BYTES);
  /** What has come and wasn't taken yet is from `#start` to `#end`. */
  #start = 0;
  #end = 0;
  /** The read that began when the connection became idle. */
  #idleRead: Promise<number | null> | undefined;
  #isIdle = false;
  #isClosed = false;
  #hasSpoken = false;

  /**
   * Reads nothing yet.
   *
   * @param conn The connection, over TLS or not.
   * @param onIdleEnd Called when it ends while it is idle. Default: nobody needs to know.
   */
  constructor(conn: Deno.Conn, onIdleEnd?: (connection: Http1Connection) => void) {
    this.#conn = conn;
    this.#onIdleEnd = onIdleEnd;
  }

  /** Bytes that have come and weren't taken yet. */
  get waiting(): number {
    return this.#end - this.#start;
  }

  /**
   * Whether something came, or the connection ended, since it became idle. Asked once a request has been sent, it says that
   * what came is no answer to it: what is sent at once, as here, is sent before anything else that comes is looked at.
   */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** Sends a request, and waits for the head of its answer, as {@linkcode exchange} does. */
  exchange(request: Request, options: ExchangeOptions): Promise<Answer> {
    return exchange(this, request, options);
  }

  /** Sends bytes, the first of them at least, and says how many. */
  write(bytes: Uint8Array): Promise<number> {
    this.#isIdle = false;
    return this.#conn.write(bytes);
  }

  /**
   * Has no request until the next {@linkcode write}. Bytes that come meanwhile answer none, so they end the connection as its
   * close does (RFC 9112 §6.3). They are noticed because a read is under way, which costs nothing: it goes on to be the
   * first one of the next response.
   */
  idle(): void {
    this.arrivals = undefined;
    this.isUsed = true;
    this.#isIdle = true;
    this.#hasSpoken = false;
    this.#start = this.#end = 0;
    this.#idleRead = this.#conn.read(this.#buffer);
    this.#idleRead.then(this.#speak, this.#speak);
  }

  /**
   * Reads the head of a response, and skips those of interim ones (RFC 9110 §15.2).
   *
   * @param method What was asked: the answer to HEAD has no body (RFC 9112 §6.3).
   * @throws {Http1Error} Of kind `closed` or `reset` if the connection ends before, or `protocol` if what comes isn't one.
   */
  async head(method: "GET" | "HEAD" = "GET"): Promise<Http1Head> {
    for (let interim = 0; interim <= MAX_HEAD_BYTES;) {
      let end = this.waiting > 0 ? headEnd(this.#unread) : -1;
      while (end < 0) {
        const from = this.waiting;
        if (from > MAX_HEAD_BYTES) throw new Http1Error("protocol", `a head of more than ${MAX_HEAD_BYTES} bytes`);
        if (!await this.readMore()) throw new Http1Error("closed", "connection closed before the response");
        if (this.#buffer[this.#start] === 0 && isHttp2(this.#unread)) throw answeredInHttp2();
        end = headEnd(this.#unread, from);
      }
      const head = parseHead(this.take(end), method);
      if (head.status === 101) throw new Http1Error("protocol", "the server switched protocols, unasked");
      if (head.status >= 200) return head;
      interim += end;
    }
    throw new Http1Error("protocol", `interim responses of more than ${MAX_HEAD_BYTES} bytes`);
  }

  /**
   * Reads a line, for example the size of a chunk.
   *
   * @param most Bytes that it may have.
   * @returns The line, without the CRLF at its end; a character for each byte.
   * @throws {Http1Error} Of kind `truncated` if the connection ends before, or `protocol` if the line is longer, or has
   * another end.
   */
  async line(most: number): Promise<string> {
    let end;
    while ((end = this.#unread.indexOf(LF)) < 0) {
      if (this.waiting > most) throw new Http1Error("protocol", `a line of more than ${most} bytes in the body`);
      if (!await this.readMore()) throw new Http1Error("truncated", "connection closed in the middle of the body");
    }
    const line = isomorphicDecode(this.take(end + 1));
    // A lone LF ends lines of the head only (RFC 9112 §2.2): taken for an end here too, it would hide chunks from others
    if (line.endsWith("\r\n") && line.indexOf("\r") === line.length - 2) return line.slice(0, -2);
    throw new Http1Error("protocol", `${JSON.stringify(line.slice(0, 60))} is no line that ends with CRLF`);
  }

  /**
   * Reads what has come already, or else what comes next.
   *
   * @param view Where it goes.
   * @returns How many bytes it was, 0 at the end of the connection.
   */
  async read(view: Uint8Array): Promise<number> {
    if (this.waiting === 0) return await this.#receive(view);
    const bytes = this.take(Math.min(view.length, this.waiting));
    view.set(bytes);
    return bytes.length;
  }

  /**
   * Waits for more, and keeps it behind what hasn't been taken.
   *
   * @returns `false` at the end of the connection.
   */
  async readMore(): Promise<boolean> {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#buffer.length) {
      this.#buffer = new Uint8Array(this.#buffer.buffer.transfer(Math.max(BUFFER_BYTES, 2 * this.#end)));
    }
    const read = await this.#receive(this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end));
    this.#end += read;
    return read > 0;
  }

  /** Takes bytes that have come; they stay what they are until something else is read. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const from = this.#start;
    this.#start += size;
    return this.#buffer.subarray(from, this.#start);
  }

  /** Closes the connection; what is being read or sent fails. May be called again. */
  readonly close = (): void => {
    if (!this.#isClosed) closeConn(this.#conn);
    this.#isClosed = true;
  };

  get #unread(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Reads from the network; 0 at the end of the connection. */
  async #receive(view: Uint8Array): Promise<number> {
    const idleRead = this.#idleRead;
    this.#idleRead = undefined;
    try {
      const read = await (idleRead ?? this.#conn.read(view));
      if (this.arrivals) this.arrivals.lastDataAt = performance.now();
      return read ?? 0;
    } catch (error) {
      throw cutOff(error, "without a TLS close_notify");
    }
  }

  readonly #speak = (): void => {
    this.#hasSpoken = true;
    if (this.#isIdle) this.#onIdleEnd?.(this);
  };
}

/**
 * Whether what came begins as HTTP/2 does: some servers without TLS speak nothing else, and answer whatever they are asked with
 * their SETTINGS. No response of HTTP/1.1 begins with a zero byte.
 */
function isHttp2(bytes: Uint8Array): boolean {
  return bytes.length >= FRAME_HEADER_BYTES && bytes[3] === SETTINGS &&
    bytes.subarray(4, 9).every((byte) => byte === 0);
}

function answeredInHttp2(): Http1Error {
  const message = 'the server answered in HTTP/2, and was asked in HTTP/1.1: set http to "auto" or 2';
  return new Http1Error("protocol", message, { needsHttp2: true });
}
