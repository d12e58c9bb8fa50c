/**
 * Why an attempt has failed, by what was thrown: errors that know their kind, and all others by what they say.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";
import type { Failed, FailureKind } from "../core/outcome.ts";
import { BodyError } from "../http/body_error.ts";
import { ConnectError } from "../http/connect_error.ts";
import { DeadlineError } from "../http/deadlines.ts";
import { Http1Error } from "../http/http1/error.ts";
import { Http2Error } from "../http/http2/error.ts";
import { type Attempt, AttemptError } from "./attempt.ts";
import { describeError } from "./failure.ts";

/**
 * Says why an attempt has failed.
 *
 * @param error What was thrown.
 * @param attempt The attempt.
 * @returns The kind of failure, and what to say of it.
 */
export function whyItFailed(
  error: unknown,
  { aborted, reason: why, session }: Attempt,
): Pick<Failed, "kind" | "message" | "retryAfterMs"> {
  if (session.signal.aborted) return { kind: "aborted", message: "interrupted" };
  // What a response has said stays true, also when a deadline passes while its body is let go of
  const reason = aborted && !(error instanceof AttemptError) ? why : error;
  if (reason instanceof AttemptError) {
    const { kind, message, retryAfterMs } = reason;
    return { kind, message, ...retryAfterMs !== undefined && { retryAfterMs } };
  }
  if (reason instanceof CannotWriteError) return { kind: "cannot-write", message: reason.message };
  if (isNamed(reason, "RedirectError")) return { kind: "redirect", message: reason.message };
  if (isOfKind(reason)) {
    return { kind: reason.kind, message: reason.message };
  }
  return describeError(reason);
}

function isOfKind(reason: unknown): reason is Error & { kind: FailureKind } {
  if (reason instanceof DeadlineError || reason instanceof BodyError) return true;
  if (reason instanceof Http1Error || reason instanceof Http2Error || reason instanceof ConnectError) return true;
  return isNamed(reason, "SaveError") && "kind" in reason;
}

/** By its name, where the module of its class is loaded only for those that need it. */
function isNamed(reason: unknown, name: string): reason is Error {
  return reason instanceof Error && reason.name === name;
}
