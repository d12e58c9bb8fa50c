/**
 * The flow control of what comes (RFC 9113 §5.2, §6.9), as far as it is the connection's and not a stream's.
 *
 * @module
 */

import { CODE } from "./error.ts";
import { check } from "./payload.ts";

/** The window of the connection, as large as it can be: streams have windows of their own. */
const MOST = 2 ** 31 - 1;

/** The window that a connection begins with (RFC 9113 §6.9.2). */
const INITIAL = 65_535;

/** Bytes by which the windows of all streams may grow together: what readers that stop may leave in memory. */
const MAX_GROWTH = 2 ** 26;

/** What may still come over a connection. */
export class IncomingWindow {
  #left = MOST;
  #growth = MAX_GROWTH;
  /** Bytes that may come on streams that were reset: what was under way then still does (RFC 9113 §5.1). */
  #stray = 0;

  /** Bytes that the server has to be allowed at first. */
  readonly first: number = MOST - INITIAL;

  /**
   * Counts bytes that came.
   *
   * @returns Bytes to allow, so that the window never comes near its end; mostly 0.
   */
  count(bytes: number): number {
    check(bytes <= this.#left, CODE.FLOW_CONTROL_ERROR, "more came than was allowed to");
    this.#left -= bytes;
    if (this.#left > MOST / 2) return 0;
    const more = MOST - this.#left;
    this.#left = MOST;
    return more;
  }

  /** Expects the rest of a stream that was reset. */
  expectStray(bytes: number): void {
    this.#stray += bytes;
  }

  /** Counts bytes of streams that have ended. */
  countStray(bytes: number): void {
    check(bytes <= this.#stray, CODE.STREAM_CLOSED, "DATA on a stream that has ended");
    this.#stray -= bytes;
  }

  /** Bytes by which windows of streams may grow, of those asked for; fewer than 0 give some back. */
  grow(bytes: number): number {
    const granted = Math.min(bytes, this.#growth);
    this.#growth -= granted;
    return granted;
  }
}
