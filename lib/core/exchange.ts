/**
 * A request and its answer as they were sent, but for the body.
 *
 * @module
 */

/** A request and the head of its answer. */
export interface Exchange {
  /** Where the request went, without user and password. */
  url: string;
  /** When it began, in milliseconds since the epoch. */
  startedAt: number;
  /** The head of the request, in the form of HTTP/1.1, without what logs in. */
  request: string;
  /** The head of the answer, in the form of HTTP/1.1; a character for each byte. */
  response: string;
  /** What was spoken, as ALPN calls it: `h2`. Left out where that isn't known. */
  protocol?: string;
  /** Whether its body was left, so that only this is known of it. */
  isLeft: boolean;
}
