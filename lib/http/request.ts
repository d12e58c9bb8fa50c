/**
 * A request on its way: what is sent, and what ends it, whether it still waits for a connection or has one.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { DeadlineError } from "./deadlines.ts";
import type { Http1Connection } from "./http1/connection.ts";
import type { SharedConnection } from "./http2/shared.ts";
import { type SentHeaders, sentHeaders } from "./request_headers.ts";
import type { AnswerTaker, SendInit } from "./send.ts";
import { type Abortable, type Ending, endingBy } from "./watched.ts";

/** A request. */
export class Request {
  /** What is asked for. */
  readonly method: "GET" | "HEAD";
  /** What is sent besides. */
  readonly headers: SentHeaders;
  /** Whether it is the retry of one that failed: it takes no HTTP/1.1 connection that was used before. */
  readonly isRetry: boolean;
  /** Which HTTP/1.1 connections it takes: an attempt never takes one that the attempt before it may have had. */
  readonly parity: number;
  /** The connection that it was sent on last; undefined while there is none. */
  connection: Http1Connection | SharedConnection | undefined;
  /** Answers on that connection when it was sent. */
  answeredBefore = 0;
  /** How often it has been sent again because it was never processed. */
  resends = 0;
  /** How often nothing else was processed on its connection either. */
  futile = 0;
  /** Whether it has been sent again because its connection had been closed by the server, which may cross a request once. */
  wasStale = false;
  /** Whether it takes no HTTP/1.1 connection that was used before. */
  needsFresh = false;
  /** A connection that didn't take it. Default: it may go over any. */
  avoids: SharedConnection | undefined;
  /** Whether it waits for a connection. */
  isWaiting = false;
  readonly #ending: Ending;
  readonly #taker: AnswerTaker;
  #ends: Abortable | undefined;

  /**
   * Makes a request that isn't on its way yet.
   *
   * @param url Where it goes.
   * @param path The path with its query.
   * @param init As `fetch` gets it.
   * @param taker Who takes its answer.
   */
  constructor(readonly url: string, readonly path: string, init: SendInit, taker: AnswerTaker) {
    this.method = init.method ?? "GET";
    this.headers = sentHeaders(init.headers);
    const { attempt = 1 } = init;
    this.isRetry = attempt > 1;
    this.parity = attempt % 2;
    this.#ending = init.ending ?? endingBy(init.signal);
    this.#taker = taker;
  }

  /** Takes its answer, once the head is there. */
  succeed(answer: Answer): void {
    this.#taker.onAnswer(answer);
  }

  /** Ends it without an answer. */
  fail(error: unknown): void {
    this.over();
    this.#taker.onNoAnswer(this.#ending.aborted ? this.#ending.reason : error);
  }

  /** Whether it doesn't go over any connection. */
  get isChoosy(): boolean {
    return this.isRetry || this.needsFresh || this.avoids !== undefined;
  }

  /** Whether it may go over a connection. */
  suits(connection: SharedConnection): boolean {
    return connection !== this.avoids && !(this.isRetry && connection.hasFailed);
  }

  /** Whether it has been ended. */
  get isAborted(): boolean {
    return this.#ending.aborted;
  }

  /** Why it was ended; undefined if it wasn't. */
  get reason(): unknown {
    return this.#ending.aborted ? this.#ending.reason : undefined;
  }

  /** Whether it was ended because the server took too long. */
  get isLate(): boolean {
    return this.#ending.aborted && this.#ending.reason instanceof DeadlineError;
  }

  /**
   * Goes on to its next part: waiting, or a connection.
   *
   * @param ends Aborted if it is ended meanwhile.
   */
  begin(ends: Abortable): void {
    this.#ending.ends = this.#ends = ends;
  }

  /** Stops listening: its answer is there, or there is none. */
  over(): void {
    if (this.#ends === undefined) return;
    if (this.#ending.ends === this.#ends) this.#ending.ends = undefined;
    this.#ends = undefined;
  }
}
