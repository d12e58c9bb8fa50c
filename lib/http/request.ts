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
import type { WaitingLine } from "./waiting.ts";
import { type Abortable, type Ending, endingBy } from "./watched.ts";

/** What is known of a request that was sent again, because it was never processed. */
export interface SentAgain {
  /** How often that was. */
  resends: number;
  /** How often nothing else was processed on its connection either. */
  futile: number;
  /** Whether its connection had been closed by the server, which may cross a request once. */
  wasStale: boolean;
  /** Whether it takes no HTTP/1.1 connection that was used before. */
  needsFresh: boolean;
  /** A connection that didn't take it. Undefined if it may go over any. */
  avoids: SharedConnection | undefined;
}

/** A request. */
export class Request implements Abortable {
  /** What is asked for. */
  readonly method: "GET" | "HEAD";
  /** What is sent besides. */
  readonly headers: SentHeaders;
  /** The connection that it was sent on last; undefined while there is none. */
  connection: Http1Connection | SharedConnection | undefined;
  /** Answers on that connection when it was sent. */
  answeredBefore = 0;
  /** Where it waits for a connection; undefined while it doesn't. */
  line: WaitingLine | undefined;
  readonly #attempt: number;
  #again: SentAgain | undefined;
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
    this.#attempt = init.attempt ?? 1;
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

  /** What is known of it once it was sent again; made for the few to which that happens. */
  get again(): SentAgain {
    return this.#again ??= { resends: 0, futile: 0, wasStale: false, needsFresh: false, avoids: undefined };
  }

  /** Whether it is the retry of one that failed: it takes no HTTP/1.1 connection that was used before. */
  get isRetry(): boolean {
    return this.#attempt > 1;
  }

  /** Which HTTP/1.1 connections it takes: an attempt never takes one that the attempt before it may have had. */
  get parity(): number {
    return this.#attempt % 2;
  }

  /** Whether it takes no HTTP/1.1 connection that was used before. */
  get needsFresh(): boolean {
    return this.#again?.needsFresh === true;
  }

  /** Whether it doesn't go over any connection. */
  get isChoosy(): boolean {
    return this.isRetry || this.needsFresh || this.#again?.avoids !== undefined;
  }

  /** Whether it may go over a connection. */
  suits(connection: SharedConnection): boolean {
    return connection !== this.#again?.avoids && !(this.isRetry && connection.hasFailed);
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

  /** Waits for a connection in a line. */
  wait(line: WaitingLine): void {
    this.line = line;
    this.begin(this);
  }

  /** Ends it while it waits. */
  abort(reason: unknown): void {
    this.line?.leave(this, reason);
  }

  /** Stops listening: its answer is there, or there is none. */
  over(): void {
    if (this.#ends === undefined) return;
    if (this.#ending.ends === this.#ends) this.#ending.ends = undefined;
    this.#ends = undefined;
  }
}
