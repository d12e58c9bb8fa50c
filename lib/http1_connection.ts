/**
 * A connection that HTTP/1.1 is spoken on: bytes out, bytes in, with what came early kept for whoever reads next.
 *
 * @module
 */

import { ONE_GO_BYTES } from "../constants.ts";
import { Http1Error } from "./http1_error.ts";
import { headEnd, type Http1Head, MAX_HEAD_BYTES, parseHead } from "./http1_head.ts";
import { tcpAddress } from "./tcp_address.ts";

/** Bytes that a connection keeps at first, and that are read at once: a body that is read in one go, with its head. */
const BUFFER_BYTES = ONE_GO_BYTES + 2_048;

/** Where a connection goes, and what it trusts. */
export interface ConnectOptions {
  /** Ends the attempt to connect. */
  signal: AbortSignal;
  /** Certificate authorities to trust besides the usual ones, in PEM. Default: none. */
  caCerts?: string[];
}

/** A connection to a server. */
export class Http1Connection {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(BUFFER_BYTES);
  /** What has come and wasn't taken yet is from `#start` to `#end`. */
  #start = 0;
  #end = 0;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /**
   * Connects to a server, to the address that answers first (RFC 8305).
   *
   * @param origin An http or https origin; only its host, its port and its scheme count.
   * @param options What ends the attempt, and whom to trust.
   * @throws {Error} What Deno throws if it can't be reached, or shows no certificate to trust.
   */
  static async open(origin: URL, { signal, caCerts }: ConnectOptions): Promise<Http1Connection> {
    const { hostname, port } = tcpAddress(origin);
    const tcp = await Deno.connect({ hostname, port, signal });
    if (origin.protocol !== "https:") return new Http1Connection(tcp);
    const tls = await Deno.startTls(tcp, { hostname, caCerts, alpnProtocols: ["http/1.1"] });
    const connection = new Http1Connection(tls);
    signal.addEventListener("abort", connection.close);
    try {
      await tls.handshake();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", connection.close);
    }
  }

  /** Bytes that have come and weren't taken yet. */
  get waiting(): number {
    return this.#end - this.#start;
  }

  /** Sends bytes, the first of them at least, and says how many. */
  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  /**
   * Reads the head of a response, and passes over those of interim ones (RFC 9110 §15.2).
   *
   * @throws {Http1Error} Of kind `closed` if the connection ends before, or `protocol` if what comes isn't one.
   */
  async head(): Promise<Http1Head> {
    while (true) {
      let end = this.waiting > 0 ? headEnd(this.#unread) : -1;
      while (end < 0) {
        const from = this.waiting;
        if (from > MAX_HEAD_BYTES) throw new Http1Error("protocol", `a head of more than ${MAX_HEAD_BYTES} bytes`);
        if (!await this.readMore()) throw new Http1Error("closed", "connection closed before the response");
        end = headEnd(this.#unread, from);
      }
      const head = parseHead(this.take(end));
      if (head.status === 101) throw new Http1Error("protocol", "the server switched protocols, unasked");
      if (head.status >= 200) return head;
    }
  }

  /**
   * Reads a line, for example the size of a chunk.
   *
   * @param most Bytes that it may have.
   * @returns The line, without its end.
   * @throws {Http1Error} Of kind `truncated` if the connection ends before, or `protocol` if the line is longer.
   */
  async line(most: number): Promise<string> {
    let end;
    while ((end = this.#unread.indexOf(10)) < 0) {
      if (this.waiting > most) throw new Http1Error("protocol", `a line of more than ${most} bytes in the body`);
      if (!await this.readMore()) throw new Http1Error("truncated", "connection closed in the middle of the body");
    }
    return new TextDecoder().decode(this.take(end + 1)).replace(/\r?\n$/, "");
  }

  /**
   * Reads what has come already, or else what comes next.
   *
   * @param view Where it goes.
   * @returns How many bytes it was, 0 at the end of the connection.
   */
  async read(view: Uint8Array): Promise<number> {
    if (this.waiting === 0) return await this.#conn.read(view) ?? 0;
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
      this.#buffer = new Uint8Array(this.#buffer.buffer.transfer(2 * this.#buffer.length));
    }
    const read = await this.#conn.read(this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end));
    this.#end += read ?? 0;
    return read !== null;
  }

  /** Takes bytes that have come; they stay what they are until something else is read. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const from = this.#start;
    this.#start += size;
    return this.#buffer.subarray(from, this.#start);
  }

  /** Closes the connection; what is being read or sent fails. May be called again. */
  readonly close = (): void => {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // it has been closed before
    }
  };

  get #unread(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }
}
