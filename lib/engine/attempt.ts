/**
 * One attempt at one URL: what its steps hand on to each other.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Job } from "../core/download.ts";
import type { FailureKind, Outcome, OutcomeFacts } from "../core/outcome.ts";
import type { OriginConnections } from "../http/connection_limit.ts";
import type { Send } from "../http/send.ts";
import { Watched } from "../http/watched.ts";
import { ownCoding } from "./own_coding.ts";
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

/** One attempt, and what is known of it so far, so that a failure has that too. In one object, since so many are in flight. */
export class Attempt extends Watched {
  /** The URL without user and password. */
  readonly url: string;
  /** The header that says the same as they do; undefined if there are none. */
  readonly authorization: string | undefined;
  /** Milliseconds until the answer's headers; undefined before. */
  firstByteMs: number | undefined = undefined;
  /** The status of the last answer. */
  status: number | undefined = undefined;
  /** The URL that answered, when redirects led elsewhere. */
  finalUrl: string | undefined = undefined;
  /** Its place among the connections of `fetch`, if those are limited. */
  connection: OriginConnections | undefined = undefined;
  /** Whether nothing that is packed on its way is asked for. */
  identity: boolean;

  /**
   * Begins an attempt that nobody watches yet.
   *
   * @param job What is downloaded.
   * @param session What all attempts share.
   * @param send What sends its requests.
   */
  constructor(readonly job: Job, readonly session: Session, readonly send: Send) {
    super(job.id, performance.now());
    const { url, authorization } = splitCredentials(job.url);
    this.url = url;
    this.authorization = authorization;
    this.identity = ownCoding(job) !== undefined;
  }

  /** What its outcome says, however it ends. Written out, because copying it would take longer than all else that is done. */
  facts<Result extends Outcome["result"]>(result: Result, totalMs: number): OutcomeFacts & { result: Result } {
    const { job, url, startedAt, firstByteMs, status, bytes, finalUrl } = this;
    const facts: OutcomeFacts & { result: Result } = {
      result,
      id: job.id,
      url,
      attempts: job.attempt,
      startedAt: performance.timeOrigin + startedAt,
      firstByteMs,
      totalMs,
      status,
      bytes,
    };
    if (finalUrl !== undefined) facts.finalUrl = finalUrl;
    return facts;
  }
}
