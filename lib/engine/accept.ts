/**
 * Whether an answer is one that a download can end well with, and its body as it is meant.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { discard } from "../http/discard.ts";
import type { MediaFilter } from "../http/media_types.ts";
import { retryAfter } from "../http/retry_after.ts";
import { type Attempt, AttemptError } from "./attempt.ts";
import { ownCodingOf } from "./own_coding.ts";

/** Notes that headers have come. */
export function noteHead(attempt: Attempt, response: Answer): void {
  attempt.lastDataAt = performance.now();
  attempt.firstByteMs = attempt.lastDataAt - attempt.startedAt;
  attempt.status = response.status;
  response.noteArrivals?.(attempt);
}

/** Notes that headers have come, and says so if they are none that a download can end well with. */
export function accept(attempt: Attempt, response: Answer, isRest = false): Promise<void> | undefined {
  noteHead(attempt, response);
  if (!response.ok) return refuse(response);
  if (response.status === 206 && !isRest) return refusePart(response);
}

/**
 * Undoes the codings of a response that were applied for its way here.
 *
 * @returns Undefined if it has to be asked for again, with nothing packed: the response was the first to say that the file's
 * own coding may be the one that is to be undone.
 */
export async function undoCodings(attempt: Attempt, response: Answer): Promise<Answer | undefined> {
  const { job, session, send } = attempt;
  accept(attempt, response, true); // here too, because it may end here
  const ofName = await ownCodingOf(job, response);
  const { raw } = session.settings;
  if (ofName !== undefined && !attempt.identity && send.isOwn && !raw) {
    await response.body?.cancel();
    attempt.identity = true;
    return undefined;
  }
  const { represent } = await import("../http/represent.ts");
  return await represent(response, {
    raw,
    ofName,
    signal: attempt.signal,
    onPacked: () => attempt.lastDataAt = performance.now(),
  });
}

/** A transfer coding that wasn't asked for stays in the body that `fetch` gives (RFC 9112 §6.1); only chunks are undone. */
export async function refuseTransferCoding(response: Answer): Promise<void> {
  const coding = response.headers.get("transfer-encoding") ?? "";
  if (coding.toLowerCase() === "chunked") return;
  await discard(response);
  throw new AttemptError("protocol", `the body has the transfer coding ${JSON.stringify(coding.slice(0, 60))}`);
}

/**
 * A 205 has no content (RFC 9110 §15.3.6), so `fetch` never gives its body. Where one is announced all the same, nobody knows
 * whether it came whole.
 */
export function refuseUnreadBody(attempt: Attempt, response: Answer): void {
  attempt.status = response.status;
  if (response.body !== null) return; // on connections of our own, it is read as it is framed
  const { headers } = response;
  const isEmpty = !headers.has("transfer-encoding") && !headers.has("content-encoding") &&
    /^0*$/.test(headers.get("content-length") ?? "");
  if (!isEmpty) throw new AttemptError("protocol", "the server answered 205, and a body that can't be had");
}

/** Says why a status is none that a download can end well with. */
async function refuse(response: Answer): Promise<never> {
  const { status, statusText, headers } = response;
  await discard(response);
  const message = `the server answered ${status} ${statusText}`.trimEnd();
  throw new AttemptError("status", message, retryAfter(headers.get("retry-after"), { date: headers.get("date") }));
}

/**
 * Refuses an answer of a type that isn't wanted. Its body is left where it isn't as good as there: the next request may have its
 * connection then.
 */
export async function refuseUnwanted(filter: Promise<MediaFilter>, response: Answer): Promise<void> {
  const why = (await filter).refuses(response.headers);
  if (why === undefined) return;
  await discard(response);
  throw new AttemptError("unwanted-type", why);
}

async function refusePart(response: Answer): Promise<never> {
  await discard(response);
  throw new AttemptError("protocol", "the server answered a part (206) where the whole was asked for");
}
