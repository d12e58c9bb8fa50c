/**
 * A request and its response on a stream of an HTTP/2 connection (RFC 9113 §5, §8).
 *
 * The body is kept until it is read, and only as much of it is allowed to come (RFC 9113 §5.2). So a body that nobody reads
 * holds up itself and no other.
 *
 * @module
 */

import type { Arrivals } from "../../core/answer.ts";
import { BodyBuffer } from "./body_buffer.ts";
import { CODE, Http2Error, StreamError } from "./error.ts";
import type { ResponseHead } from "./response_head.ts";

/**
 * Bytes of a body that may come before any was read. Small enough that 200 streams nobody reads from keep 13 MB; large
 * enough for nearly every page, and for 40 MB/s on a line whose round trip takes 1.5 ms.
 */
export const INITIAL_WINDOW = 2 ** 16 - 1;

/** Bytes that the window of a stream grows to while its reader keeps up: 1 Gbit/s at 100 ms. */
const MAX_WINDOW = 2 ** 24;

/** What there is of a body before any has come. */
const NOTHING = new BodyBuffer();

/** What a stream needs of its connection. */
export interface StreamHost {
  /** Allows more bytes to come on a stream. */
  allow(stream: number, bytes: number): void;
  /** Ends a stream that isn't over, and says why. */
  reset(stream: number, code: number): void;
  /** Asks for bytes by which windows may grow; says how many there are. */
  grow(bytes: number): number;
}

/** What takes a response as it comes. */
export interface StreamOwner {
  /** The final head is there. */
  onHead(head: ResponseHead, stream: Http2Stream): void;
  /** There will be none. */
  onFailed(error: unknown): void;
  /** Nothing more comes, though what has come may not have been read. */
  onOver(hasFailed: boolean): void;
}

/** What a stream can be made with. */
export interface StreamOptions {
  /** The method of the request. The response to HEAD has no body whatever it announces. Default: GET. */
  method?: "GET" | "HEAD";
  /** What takes the response as it comes. Default: whoever waits for its head. */
  exchange?: StreamOwner;
}

/** The response on a stream. */
export class Http2Stream {
  /** Whether the request is a HEAD. */
  readonly isHead: boolean;
  readonly #host: StreamHost;
  readonly #owner: StreamOwner | undefined;
  #head: PromiseWithResolvers<ResponseHead> | undefined;
  #status = 0;
  /** Bytes that have come, that were announced, and that may still come. */
  #came = 0;
  #length: number | undefined;
  #window = INITIAL_WINDOW;
  /** What the window is when all has been read, and what was read since that was last said. */
  #windowSize = INITIAL_WINDOW;
  #grown = 0;
  #unsaid = 0;
  #buffer = NOTHING;
  /** Whether the body is read as a whole, so that what comes counts as read. */
  #isCollected = false;
  #arrivals: Arrivals | undefined;
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
   * @param options What was asked for, and who takes the response.
   */
  constructor(readonly id: number, host: StreamHost, { method, exchange }: StreamOptions = {}) {
    this.isHead = method === "HEAD";
    this.#host = host;
    this.#owner = exchange;
    if (exchange === undefined) this.#head = Promise.withResolvers();
  }

  /** The head, once it has come; rejects if none comes. Not for streams that have an owner. */
  get head(): Promise<ResponseHead> {
    return this.#head?.promise ?? Promise.reject(new TypeError("The owner of a stream takes its head"));
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

  /** Bytes that may still come, which its connection has to expect for a while when it is reset. */
  get window(): number {
    return this.#window;
  }

  /** Takes the head of the final response. */
  onHead(head: ResponseHead): void {
    this.#status = head.status;
    this.#length = this.isHead ? 0 : head.length;
    if (this.#arrivals) this.#arrivals.lastDataAt = performance.now();
    this.#head?.resolve(head);
    this.#owner?.onHead(head, this);
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
    if (this.#buffer === NOTHING) this.#buffer = new BodyBuffer();
    this.#buffer.add(data);
    if (this.#arrivals) this.#arrivals.lastDataAt = performance.now();
    if (this.#isCollected) this.#read(data.length);
    else this.#wake?.();
  }

  /** Takes the end of the response. */
  onEnd(): void {
    if (!this.hasHead) return this.fail(new Http2Error("protocol", "the stream ended before the response"));
    if (this.#length !== undefined && this.#came < this.#length) {
      const missing = this.#length - this.#came;
      return this.fail(
        new Http2Error("truncated", `the stream ended with ${missing} of ${this.#length} bytes to come`),
      );
    }
    this.#isOver = true;
    this.#shrink();
    this.#wake?.();
    this.#owner?.onOver(this.hasFailed);
  }

  /**
   * Ends the stream with an error, which whoever reads gets: after what came before if the body only breaks off, at once if
   * what came can't be trusted.
   */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error ?? new Http2Error("closed", "ended");
    if (!(error instanceof Http2Error) || error.kind === "protocol" || error.kind === "closed") this.#buffer.clear();
    this.#shrink();
    if (!this.hasHead) {
      this.#head?.promise.catch(() => {}); // whoever gave the request up may not wait for it any more
      this.#head?.reject(this.#error);
      this.#owner?.onFailed(this.#error);
    }
    this.#wake?.();
    this.#owner?.onOver(this.hasFailed);
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
      const size = this.#buffer.read(view, filled);
      filled += size;
      if (size > 0) this.#read(size);
      if (filled >= enough || this.#isOver) break;
      await this.#more();
    }
    if (this.#error !== undefined && filled === 0) throw this.#error;
    return { done: filled === 0 && this.#isOver, value: view.subarray(0, filled) };
  }

  /**
   * Reads all that is left.
   *
   * @throws {Http2Error} If the body doesn't come to its end.
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#isCollected = true;
    if (!this.#isOver) this.#read(this.#buffer.length);
    while (!this.#isOver) await this.#more();
    if (this.#error !== undefined) throw this.#error;
    return this.#buffer.take();
  }

  /** All that there is, if it is there and nothing of it was read; undefined if not. */
  taken(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#isOver || this.#error !== undefined || this.#buffer.length !== this.#came) return undefined;
    return this.#buffer.take();
  }

  /** Notes when bytes arrive, until the body has ended. */
  noteArrivals(arrivals: Arrivals): void {
    if (!this.#isOver) this.#arrivals = arrivals;
  }

  /** Gives up what hasn't come. */
  cancel(): Promise<void> {
    this.abort(new Http2Error("closed", "cancelled"));
    return Promise.resolve();
  }

  /** Ends the stream, and tells the server to send no more. */
  abort(reason: unknown): void {
    this.#buffer.clear();
    if (this.#isOver) return;
    this.#isAborted = true;
    this.#host.reset(this.id, CODE.CANCEL);
    this.fail(reason);
    this.#buffer.clear();
  }

  /** Gives back what the window has grown by. */
  #shrink(): void {
    if (this.#grown > 0) this.#host.grow(-this.#grown);
    this.#grown = 0;
  }

  /** Waits for the next bytes, or the end. */
  async #more(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }

  /** Allows as many bytes as were read to come; more, if it is the window that the server waits for. */
  #read(bytes: number): void {
    this.#unsaid += bytes;
    if (this.#isOver || this.#unsaid < this.#windowSize / 2) return;
    if (this.#length !== undefined && this.#came + this.#window > this.#length) return; // all of it may come already
    if ((this.#isCollected || this.#buffer.length === 0) && this.#windowSize < MAX_WINDOW) {
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
