/**
 * One attempt at one URL: what its steps hand on to each other.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import type { FailureKind, OutcomeFacts } from "../core/outcome.ts";
import type { Watched } from "../http/deadlines.ts";
import type { Send } from "../http/send.ts";
import type { Session } from "./session.ts";

/** A reason to call an attempt failed that `fetch` doesn't know of. */
export class AttemptError extends Error {
  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What came in place of what should have come.
   * @param retryAfterMs Milliseconds that the server asked to be left alone. Default: it didn't.
   */
  constructor(readonly kind: FailureKind, message: string, readonly retryAfterMs?: number) {
    super(message);
  }
}

/** One attempt, and what it needs. */
export interface Attempt {
  /** What is downloaded. */
  job: Job;
  /** What all attempts share. */
  session: Session;
  /** What sends its requests. */
  send: Send;
  /** Its deadlines. */
  watched: Watched;
  /** Filled in as they become known, so that a failure has them too. */
  facts: OutcomeFacts;
  /** Whether nothing that is packed on its way is asked for. */
  identity: boolean;
}
