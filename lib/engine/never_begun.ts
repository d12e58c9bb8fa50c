/**
 * Requests that no server began to work on, so that they cost the download none of its attempts.
 *
 * @module
 */

import type { Failed } from "../core/outcome.ts";

/** How often a download is put back because its request was never begun; from then on it costs an attempt each time. */
export const MAX_NEVER_BEGUN = 20;

/**
 * Milliseconds that a request which was never begun waits at most, the first time; each further one up to twice as long.
 * What stood in its way is a stream, a connection or a file too many, and ends when one of them does.
 */
export const NEVER_BEGUN_BACKOFF_MS = 20;

/** Milliseconds that it never waits longer than. */
export const MAX_NEVER_BEGUN_BACKOFF_MS = 500;

/** What Deno's `fetch` says of a stream that the server refused (RFC 9113 §8.7). */
const REFUSED_STREAM = /refused stream before processing/i;

/** ... and of one with a higher number than the last that the server takes on a connection it is closing (§6.8). */
const GOAWAY = /connection error received: not a result of an error/i;

/** ... and of one that still waited for a free stream when its connection ended. */
const NOT_SENT = /dropped the dispatch task/i;

/** What Deno says when a client was closed, so that its connections are, between its choice and its use. */
const CLIENT_CLOSED = /^bad resource id/i;

/**
 * Whether no server began to work on a request.
 *
 * @param failed How its attempt ended.
 * @returns `true` for a stream that was refused, never sent, or came after the last one of its connection, and where this
 * process had no file descriptor left.
 */
export function isNeverBegun(failed: Failed): boolean {
  if (failed.kind === "too-many-open-files" || CLIENT_CLOSED.test(failed.message)) return true;
  return failed.status === undefined && [REFUSED_STREAM, GOAWAY, NOT_SENT].some((said) => said.test(failed.message));
}
