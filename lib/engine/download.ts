/**
 * One attempt at one URL, with its deadlines: the same code for all four strategies, so that comparing them is fair.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { BodyError } from "../http/body_error.ts";
import { CannotWriteError } from "../core/errors.ts";
import { splitCredentials } from "../core/credentials.ts";
import { DeadlineError, type Watched } from "../http/deadlines.ts";
import type { Job } from "../core/download.ts";
import { describeError } from "./failure.ts";
import { isRedirect, RedirectError } from "../http/redirects.ts";
import { ConnectError } from "../http/connect_error.ts";
import { Http1Error } from "../http/http1/error.ts";
import { Http2Error } from "../http/http2/error.ts";
import type { Done, Failed, FailureKind, Outcome, OutcomeFacts } from "../core/outcome.ts";
import { ownCoding } from "./own_coding.ts";
import { messageWithProxy } from "../http/proxied.ts";
import { wholeLength } from "../disk/resume.ts";
import { chunksOf } from "../http/response_body.ts";
import type { Send } from "../http/send.ts";
import { accept, refuseTransferCoding, refuseUnreadBody, undoCodings } from "./accept.ts";
import { type Attempt, AttemptError } from "./attempt.ts";
import { readPage } from "./read_page.ts";
import { ask, follow } from "./request.ts";
import type { Session } from "./session.ts";
import { refuseLarger, upTo } from "../http/size_limit.ts";

const WEB = /^https?:\/\//i;

/** What a body came to. */
type Came = Pick<Done, "value" | "file" | "size" | "sha256">;

/**
 * Downloads a URL once. Never throws: whatever goes wrong is the outcome.
 *
 * @param job What to download, and where it is saved.
 * @param session Deadlines, settings, and the signal that ends the attempt.
 * @param send What sends its requests. Default: `fetch`.
 * @returns How it ended. The body has been read, or cancelled.
 */
export async function downloadOnce(job: Job, session: Session, send: Send = fetch): Promise<Outcome> {
  const connections = send === fetch ? session.connections : undefined;
  const acquired = connections?.acquire(job.url);
  const connection = acquired instanceof Promise ? await acquired : acquired;
  const watched = session.deadlines.start(job.id);
  const facts: OutcomeFacts = {
    id: job.id,
    url: splitCredentials(job.url).url,
    attempts: job.attempt,
    startedAt: performance.timeOrigin + watched.startedAt,
    firstByteMs: undefined,
    totalMs: 0,
    status: undefined,
    bytes: 0,
  };
  let came: Came | undefined;
  let failed: Pick<Failed, "kind" | "message" | "keptBytes"> | undefined;
  try {
    if (session.signal.aborted) {
      facts.attempts--; // this one isn't made
      session.signal.throwIfAborted();
    }
    const identity = ownCoding(job) !== undefined;
    came = await download({ job, session, send, watched, facts, identity });
  } catch (error) {
    failed = whyItFailed(error, watched, session);
    failed.message = failed.message.replaceAll(job.url, facts.url);
    if (facts.status === undefined) failed.message = messageWithProxy(failed, job.url, session.settings);
  }
  if (connection) connections?.release(connection);
  facts.totalMs = session.deadlines.end(watched);
  facts.bytes = watched.bytes;
  if (failed && watched.keptBytes !== undefined) failed.keptBytes = watched.keptBytes;
  return failed ? { result: "failed", ...facts, ...failed } : { result: "done", ...facts, ...came };
}

/** Sends the request and takes in the body, to a file if it is to be saved; of one that broke off before, only the rest. */
async function download(attempt: Attempt): Promise<Came> {
  const { job, session, watched } = attempt;
  // Deno's fetch reads files and data too, and in a worker takes any text for a path
  if (!WEB.test(job.url)) throw new AttemptError("invalid-url", "only http:// and https:// URLs can be downloaded");
  const saver = job.target && session.saver ? await session.saver : undefined;
  const found = saver?.partial(job, session.signal);
  let restOf = found && await unhurried(attempt, found);
  let response: Answer;
  while (true) {
    response = await ask(attempt, restOf?.headers);
    if (isRedirect(response)) response = await follow(attempt, response, restOf?.headers);
    if (response.status === 205) refuseUnreadBody(attempt, response);
    if (response.headers.has("transfer-encoding")) await refuseTransferCoding(response);
    if (response.ok && response.headers.has("content-encoding")) {
      const taken = await undoCodings(attempt, response);
      if (taken === undefined) continue;
      response = taken;
    }
    const answer = saver && restOf ? await saver.judge(restOf, response) : "whole";
    if (answer !== "rest") restOf = undefined;
    if (answer !== "neither") break;
  }
  await accept(attempt, response, restOf !== undefined);
  if (session.settings.flow) {
    watched.before = restOf?.bytes ?? 0;
    watched.whole = watched.before + (wholeLength(response) ?? -Infinity);
  }
  if (job.expected === undefined) {
    if (saver) return await saver.save(response, { job, attempt: watched, restOf });
    await drain(response, watched, session.settings.maxFilesize);
    return {};
  }
  const page = await readPage(response, watched, job.expected);
  const body = saver && new TextEncoder().encode(page);
  return { value: job.expected, ...await saver?.save(response, { job, attempt: watched, restOf, body }) };
}

/** Waits for what takes this machine time, however long, and is no time of the server's. */
async function unhurried<T>({ session, watched }: Attempt, work: Promise<T>): Promise<T> {
  session.deadlines.pause(watched);
  try {
    return await work;
  } finally {
    session.deadlines.resume(watched);
    session.signal.throwIfAborted();
  }
}

/** Reads a body to its end. */
async function drain(response: Answer, watched: Watched, most: number): Promise<void> {
  await refuseLarger(response, { most, announced: wholeLength(response) });
  for await (const _ of upTo(chunksOf(response, watched), { most }));
}

function whyItFailed(
  error: unknown,
  { controller }: Watched,
  session: Session,
): Pick<Failed, "kind" | "message" | "retryAfterMs"> {
  if (session.signal.aborted) return { kind: "aborted", message: "interrupted" };
  // What a response has said stays true, also when a deadline passes while its body is let go of
  const reason = controller.signal.aborted && !(error instanceof AttemptError) ? controller.signal.reason : error;
  if (reason instanceof AttemptError) {
    const { kind, message, retryAfterMs } = reason;
    return { kind, message, ...retryAfterMs !== undefined && { retryAfterMs } };
  }
  if (reason instanceof CannotWriteError) return { kind: "cannot-write", message: reason.message };
  if (reason instanceof RedirectError) return { kind: "redirect", message: reason.message };
  if (isOfKind(reason)) {
    return { kind: reason.kind, message: reason.message };
  }
  return describeError(reason);
}

function isOfKind(reason: unknown): reason is Error & { kind: FailureKind } {
  if (reason instanceof DeadlineError || reason instanceof BodyError) return true;
  if (reason instanceof Http1Error || reason instanceof Http2Error || reason instanceof ConnectError) return true;
  // By its name, because its module is loaded only where something is saved
  return reason instanceof Error && reason.name === "SaveError" && "kind" in reason;
}
