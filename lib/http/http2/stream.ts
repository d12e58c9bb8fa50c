/**
 * A request and its response on a stream of an HTTP/2 connection (RFC 9113 §5, §8).
 *
 * The body is kept until it is read, and only as much of it is allowed to come (RFC 9113 §5.2). So a body that nobody reads
 * holds up itself and no other.
 *
 * @module
 */

import type { Arrivals } from "../../core/answer.ts";
import { CODE, Http2Error, StreamError } from "./error.ts";
import type { ResponseHead } from "./response_head.ts";

/**
 * Bytes of a body that may come before any was read. Small enough that 200 streams nobody reads from keep 13 MB; large
 * enough for nearly every page, and for 40 MB/s on a line whose round trip takes 1.5 ms.
 */
export const INITIAL_WINDOW = 2 ** 16 - 1;

/** Bytes that the window of a stream grows to while its reader keeps up: 1 Gbit/s at 100 ms. */
const MAX_WINDOW = 2 ** 24;

/** What a stream needs of its connection. */
export interface StreamHost {
  /** Allows more bytes to come on a stream. */
  allow(stream: number, bytes: number): void;
  /** Ends a stream that isn't over, and says why. */
  reset(stream: number, code: number): void;
  /** Asks for bytes by which windows may grow; says how many there are. */
  grow(bytes: number): number;
}

/** The response on a stream. */
export class Http2Stream {
  /** The head, once it has come; rejects if none comes. */
  readonly head: Promise<ResponseHead>;
  /** Noted when bytes arrive. Default: nothing is. */
  arrivals: Arrivals | undefined;
  /** Called once nothing more comes. Default: nobody needs to know. */
  onOver: (() => void) | undefined;
  readonly #host: StreamHost;
  readonly #resolve: (head: ResponseHead) => void;
  readonly #reject: (error: unknown) => void;
  #status = 0;
  /** Bytes that have come, that were announced, and that may still come. */
  #came = 0;
  #length: number | undefined;
  #window = INITIAL_WINDOW;
  /** What the window is when all has been read, and what was read since that was last said. */
  #windowSize = INITIAL_WINDOW;
  #grown = 0;
  #unsaid = 0;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #buffered = 0;
  /** Set once nothing more comes. */
  #isOver = false;
  #isAborted = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /**
   * Waits for a response.
   *
   * @param id Its number.
   * @param host Its connection.
   * @param method What was asked: to HEAD, a length is announced and no body comes (RFC 9110 §9.3.2). Default: GET.
   */
  constructor(readonly id: number, host: StreamHost, readonly method: "GET" | "HEAD" = "GET") {
    this.#host = host;
    const { promise, resolve, reject } = Promise.withResolvers<ResponseHead>();
    this.head = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Whether the final head has come. */
  get hasHead(): boolean {
    return this.#status !== 0;
  }

  /** Whether nothing more comes, though what has come may not have been read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it ended with an error, and not because whoever reads wanted no more. */
  get hasFailed(): boolean {
    return this.#error !== undefined && !this.#isAborted;
  }

  /** Takes the head of the final response. */
  onHead(head: ResponseHead): void {
    this.#status = head.status;
    this.#length = head.length;
    this.#resolve(head);
  }

  /**
   * Takes a piece of the body.
   *
   * @param data The piece, valid only during this call.
   * @param counted Bytes it counts for flow control: padding counts too (RFC 9113 §6.9.1).
   * @throws {StreamError} If it is more than may come, or than was announced.
   */
  onData(data: Uint8Array, counted: number): void {
    if (counted > this.#window) throw new StreamError(CODE.FLOW_CONTROL_ERROR, "more came than was allowed to");
    if (!this.hasHead) throw new StreamError(CODE.PROTOCOL_ERROR, "a body without a head");
    this.#window -= counted;
    this.#came += data.length;
    if (this.#length !== undefined && this.#came > this.#length) {
      throw new StreamError(CODE.PROTOCOL_ERROR, `more than the ${this.#length} bytes announced arrived`);
    }
    if (counted > data.length) this.#read(counted - data.length);
    if (data.length === 0) return;
    if (this.arrivals) this.arrivals.lastDataAt = performance.now();
    this.#chunks.push(data.slice());
    this.#buffered += data.length;
    this.#wake?.();
  }

  /** Takes the end of the response. */
  onEnd(): void {
    if (!this.hasHead) return this.fail(new Http2Error("protocol", "the stream ended before the response"));
    if (this.#length !== undefined && this.#came < this.#length && this.method === "GET") {
      const missing = this.#length - this.#came;
      return this.fail(
        new Http2Error("truncated", `the stream ended with ${missing} of ${this.#length} bytes to come`),
      );
    }
    this.#isOver = true;
    this.#shrink();
    this.#wake?.();
    this.onOver?.();
  }

  /** Ends the stream with an error, which whoever reads gets; what has come and wasn't read is gone. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error ?? new Http2Error("closed", "ended");
    this.#chunks = [];
    this.#buffered = 0;
    this.#shrink();
    if (!this.hasHead) this.#reject(error);
    this.#wake?.();
    this.onOver?.();
  }

  /** Itself: there is one reader. */
  getReader(): this {
    return this;
  }

  /**
   * Reads some bytes.
   *
   * @param view Where they go.
   * @param options `min`: at least so many, unless the body ends before. Default: 1.
   * @returns A view of those that came; `done` at the end.
   * @throws {Http2Error} If the body doesn't come to its end.
   */
  async read(
    view: Uint8Array<ArrayBuffer>,
    { min = 1 } = {},
  ): Promise<{ done: boolean; value: Uint8Array<ArrayBuffer> }> {
    const enough = Math.min(min, view.length);
    let filled = 0;
    while (true) {
      filled += this.#fill(view, filled);
      if (this.#error !== undefined) throw this.#error;
      if (filled >= enough || this.#isOver) break;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    return { done: filled === 0 && this.#isOver, value: view.subarray(0, filled) };
  }

  /** Reads all that is left. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(this.#length === undefined ? this.#buffered : Math.min(this.#length, INITIAL_WINDOW));
    let filled = 0;
    while (true) {
      if (this.#buffered > bytes.length - filled) {
        bytes = new Uint8Array(bytes.buffer.transfer(Math.max(2 * bytes.length, filled + this.#buffered)));
      }
      filled += this.#fill(bytes, filled);
      if (this.#error !== undefined) throw this.#error;
      if (this.#isOver && this.#buffered === 0) break;
      if (this.#buffered > 0) continue;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  }

  /** Gives up what hasn't come. */
  cancel(): Promise<void> {
    this.abort(new Http2Error("closed", "cancelled"));
    return Promise.resolve();
  }

  /** Ends the stream, and tells the server to send no more. */
  abort(reason: unknown): void {
    this.#isAborted = true;
    if (!this.#isOver) this.#host.reset(this.id, CODE.CANCEL);
    this.fail(reason);
  }

  /** Gives back what the window has grown by. */
  #shrink(): void {
    if (this.#grown > 0) this.#host.grow(-this.#grown);
    this.#grown = 0;
  }

  /** Copies what has come into a view, from an offset on; says how many bytes it was. */
  #fill(view: Uint8Array, from: number): number {
    let filled = 0;
    while (this.#chunks.length > 0 && from + filled < view.length) {
      const [chunk] = this.#chunks;
      const room = view.length - from - filled;
      if (chunk.length <= room) {
        view.set(chunk, from + filled);
        filled += chunk.length;
        this.#chunks.shift();
      } else {
        view.set(chunk.subarray(0, room), from + filled);
        filled += room;
        this.#chunks[0] = chunk.subarray(room);
      }
    }
    this.#buffered -= filled;
    if (filled > 0) this.#read(filled);
    return filled;
  }

  /** Allows as many bytes as were read to come; more, if it is the window that the server waits for. */
  #read(bytes: number): void {
    this.#unsaid += bytes;
    if (this.#isOver || this.#unsaid < this.#windowSize / 2) return;
    if (this.#length !== undefined && this.#came + this.#window >= this.#length) return; // all of it may come already
    if (this.#buffered === 0 && this.#windowSize < MAX_WINDOW) {
      const more = this.#host.grow(this.#windowSize);
      this.#grown += more;
      this.#windowSize += more;
      this.#unsaid += more;
    }
    this.#window += this.#unsaid;
    this.#host.allow(this.id, this.#unsaid);
    this.#unsaid = 0;
  }
}
