/**
 * The body of an HTTP/1.1 response, read from its connection as it is asked for (RFC 9112 §6, §7).
 *
 * @module
 */

import type { AnswerBody, AnswerReader, Arrivals } from "../../core/answer.ts";
import type { Http1Connection } from "./connection.ts";
import { Http1Error } from "./error.ts";
import { type Http1Head, isHeaderLine } from "./head.ts";

/** Bytes that the line before a chunk, or a trailer line, may have. */
const MAX_LINE_BYTES = 4_096;

/** Trailer lines that are skipped. */
const MAX_TRAILERS = 100;

/** Bytes of memory that a body of unknown length is first read into, and any is at most, whatever it says that it needs. */
const [FIRST_BYTES, MOST_FIRST_BYTES] = [16_384, 2 ** 20];

/** What a body needs besides its connection. */
export interface Http1BodyOptions {
  /** Where it ends. */
  framing: Http1Head["framing"];
  /**
   * Called once, when the connection is no longer needed: with `true` when the body was read to its end, and nothing came
   * behind it.
   */
  onEnd: (isClean: boolean) => void;
}

/** The body of a response. */
export class Http1Body implements AnswerBody, AnswerReader {
  readonly #connection: Http1Connection;
  readonly #framing: Http1Head["framing"];
  readonly #onEnd: Http1BodyOptions["onEnd"];
  /** Bytes to come of the body, or of the chunk; `Infinity` up to the end of the connection. */
  #left: number;
  #isFirstChunk = true;
  #isOver = false;

  /**
   * Reads nothing yet.
   *
   * @param connection Where it comes from.
   * @param options Where it ends, and whom to tell.
   */
  constructor(connection: Http1Connection, { framing, onEnd }: Http1BodyOptions) {
    this.#connection = connection;
    this.#framing = framing;
    this.#onEnd = onEnd;
    this.#left = framing === "chunked" ? 0 : framing === "close" ? Infinity : framing;
  }

  /** Itself: there is one reader. */
  getReader(): AnswerReader {
    return this;
  }

  /**
   * Reads some bytes; see {@linkcode AnswerReader.read}.
   *
   * @throws {Http1Error} Of kind `truncated` if the connection ends before the body, `protocol` for chunks that are none.
   * @throws {Error} What reading from the connection throws.
   */
  async read(view: Uint8Array<ArrayBuffer>): Promise<{ done: boolean; value: Uint8Array<ArrayBuffer> }> {
    try {
      if (!this.#isOver && this.#left === 0 && !await this.#nextChunk()) this.#end(true);
      if (this.#isOver) return { done: true, value: view.subarray(0, 0) };
      // Of a body whose length is known, more than that is read if it is there, to see that it is
      const room = this.#framing === "chunked" ? Math.min(view.length, this.#left) : view.length;
      const came = await this.#connection.read(room < view.length ? view.subarray(0, room) : view);
      const size = Math.min(came, this.#left);
      this.#left -= size;
      if (came > 0) {
        if (this.#left === 0 && this.#framing !== "chunked") this.#end(came === size);
      } else if (this.#framing === "close") this.#end(true);
      else throw this.#truncated("connection closed");
      return { done: came === 0, value: view.subarray(0, size) };
    } catch (error) {
      throw this.#broken(error);
    }
  }

  /** Reads all that is left. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const size = typeof this.#framing === "number" ? Math.min(this.#left + 1, MOST_FIRST_BYTES) : FIRST_BYTES;
    let bytes = new Uint8Array(size);
    let filled = 0;
    while (!this.#isOver) {
      if (filled === bytes.length) bytes = new Uint8Array(bytes.buffer.transfer(2 * filled));
      filled += (await this.read(bytes.subarray(filled))).value.length;
    }
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  }

  /**
   * Reads all that is left and lends it, from the connection's own memory if its length is known. So it has to fit in there,
   * beside others.
   *
   * @param use What to do with it, which is only there until that is done.
   * @throws What {@linkcode read} throws, and what `use` throws.
   */
  async lend<T>(use: (body: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    if (typeof this.#framing !== "number") return await use(await this.bytes());
    try {
      while (this.#connection.waiting < this.#left) {
        if (await this.#connection.readMore()) continue;
        this.#left -= this.#connection.waiting;
        throw this.#truncated("connection closed");
      }
    } catch (error) {
      throw this.#broken(error);
    }
    try {
      const body = this.#connection.take(this.#left);
      this.#left = 0;
      return await use(body);
    } finally {
      this.#end(this.#left === 0);
    }
  }

  /** Gives up what hasn't come, and with it the connection. */
  cancel(): Promise<void> {
    this.#end(false);
    return Promise.resolve();
  }

  /** Notes what arrives until the body has ended. */
  noteArrivals(arrivals: Arrivals): void {
    if (!this.#isOver) this.#connection.arrivals = arrivals;
  }

  #truncated(how: string, options?: ErrorOptions): Http1Error {
    const missing = this.#framing === "chunked"
      ? "the last chunk"
      : this.#framing === "close"
      ? "perhaps some"
      : `${this.#left} of ${this.#framing} bytes`;
    return new Http1Error("truncated", `${how} with ${missing} of the body to come`, options);
  }

  /** Ends the body for an error, and says what is to be thrown. */
  #broken(error: unknown): unknown {
    this.#end(false);
    const isCutOff = error instanceof Http1Error && error.kind === "reset";
    return isCutOff ? this.#truncated(error.message, { cause: error.cause }) : error;
  }

  /** Goes on to the next chunk; `false` when there is none (RFC 9112 §7.1). */
  async #nextChunk(): Promise<boolean> {
    if (this.#framing !== "chunked") return false;
    if (!this.#isFirstChunk && await this.#connection.line(1) !== "") {
      throw new Http1Error("protocol", "a chunk is longer than it says");
    }
    this.#isFirstChunk = false;
    const line = await this.#connection.line(MAX_LINE_BYTES);
    const [size] = /^[\da-f]{1,13}(?=[ \t]*(;|$))/i.exec(line) ?? [];
    if (size === undefined) {
      throw new Http1Error("protocol", `${JSON.stringify(line.slice(0, 60))} is no size of a chunk`);
    }
    this.#left = parseInt(size, 16);
    for (let trailers = 0; this.#left === 0; trailers++) {
      if (trailers > MAX_TRAILERS) throw new Http1Error("protocol", `more than ${MAX_TRAILERS} trailers`);
      const line = await this.#connection.line(MAX_LINE_BYTES);
      if (line === "") return false;
      if (!isHeaderLine(line)) {
        throw new Http1Error("protocol", `${JSON.stringify(line.slice(0, 60))} is no trailer`);
      }
    }
    return true;
  }

  #end(isClean: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(isClean);
  }
}
