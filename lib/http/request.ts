/**
 * A request on its way: what is sent, and what ends it, whether it still waits for a connection or has one.
 *
 * @module
 */

import { DeadlineError } from "./deadlines.ts";
import type { Http1Connection } from "./http1/connection.ts";
import type { SharedConnection } from "./http2/shared.ts";
import { type SentHeaders, sentHeaders } from "./request_headers.ts";
import type { SendInit } from "./send.ts";
import { type Ending, endingBy } from "./watched.ts";

/** A request. */
export class Request {
  /** What is asked for. */
  readonly method: "GET" | "HEAD";
  /** What is sent besides. */
  readonly headers: SentHeaders;
  /** Whether it is the retry of one that failed: it takes no HTTP/1.1 connection that was used before. */
  readonly isRetry: boolean;
  /** The connection that it was sent on last; undefined while there is none. */
  connection: Http1Connection | SharedConnection | undefined;
  /** Answers on that connection when it was sent. */
  answeredBefore = 0;
  /** How often it has been sent again because it was never processed. */
  resends = 0;
  /** How often nothing else was processed either. */
  futile = 0;
  /** Whether it has been sent again because its connection had been closed by the server, which may cross a request once. */
  wasStale = false;
  /** Whether it takes no HTTP/1.1 connection that was used before. */
  needsFresh = false;
  /** A connection that didn't take it. Default: it may go over any. */
  avoids: SharedConnection | undefined;
  readonly #ending: Ending;
  #onAbort: (() => void) | undefined;

  /**
   * Listens for what ends it.
   *
   * @param url Where it goes.
   * @param path The path with its query.
   * @param init As `fetch` gets it.
   */
  constructor(readonly url: string, readonly path: string, init: SendInit) {
    this.method = init.method ?? "GET";
    this.headers = sentHeaders(init.headers);
    this.isRetry = (init.attempt ?? 1) > 1;
    this.#ending = init.ending ?? endingBy(init.signal);
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
   * @param onAbort Called if it is ended meanwhile.
   * @throws What it was ended with, if it was.
   */
  begin(onAbort: () => void): void {
    if (this.#ending.aborted) throw this.#ending.reason;
    this.#ending.onAbort = this.#onAbort = onAbort;
  }

  /** Stops listening: its answer is there, or there is none. */
  over(): void {
    if (this.#onAbort === undefined) return;
    if (this.#ending.onAbort === this.#onAbort) this.#ending.onAbort = undefined;
    this.#onAbort = undefined;
  }
}
