/**
 * One attempt at one URL, with its deadlines: the same code for all four strategies, so that comparing them is fair.
 *
 * @module
 */

import { MAX_PAGE_BYTES } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import { BodyError } from "../http/body_error.ts";
import { CannotWriteError } from "../core/errors.ts";
import { splitCredentials } from "../core/credentials.ts";
import { DeadlineError, type Watched } from "../http/deadlines.ts";
import type { Job } from "../core/download.ts";
import { discard } from "../http/discard.ts";
import { describeError } from "./failure.ts";
import { followRedirects, isRedirect, RedirectError } from "../http/redirects.ts";
import { Http1Error } from "../http/http1/error.ts";
import type { Done, Failed, FailureKind, Outcome, OutcomeFacts } from "../core/outcome.ts";
import { ownCoding, ownCodingOf, withIdentity } from "./own_coding.ts";
import { messageWithProxy } from "../http/proxied.ts";
import { wholeLength } from "../disk/resume.ts";
import { represent } from "../http/represent.ts";
import { chunksOf, wholeBody } from "../http/response_body.ts";
import { retryAfter } from "../http/retry_after.ts";
import { askingForNoCodings, type Send } from "../http/send.ts";
import type { Session } from "./session.ts";
import { refuseLarger, upTo } from "../http/size_limit.ts";

const WEB = /^https?:\/\//i;

/** A reason to call an attempt failed that `fetch` doesn't know of. */
class AttemptError extends Error {
  constructor(readonly kind: FailureKind, message: string, readonly retryAfterMs?: number) {
    super(message);
  }
}

/** One attempt, and what it needs. */
interface Attempt {
  job: Job;
  session: Session;
  send: Send;
  watched: Watched;
  /** Filled in as they become known, so that a failure has them too. */
  facts: OutcomeFacts;
  /** Whether nothing that is packed on its way is asked for. */
  identity: boolean;
}

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

/** Sends the request. Not async, because an async function more takes 400 bytes for each of 10,000 that wait. */
function ask(attempt: Attempt, more?: Record<string, string>): Promise<Answer> {
  const { url, headers } = requestOf(attempt, more);
  return sendBy(attempt.send, attempt, url, headers);
}

function sendBy(send: Send, { job, session, watched }: Attempt, url: string, headers: HeadersInit): Promise<Answer> {
  return send(url, {
    headers: send.asksForCodings ? headers : askingForNoCodings(headers),
    signal: watched.controller.signal,
    redirect: "manual",
    client: send === fetch ? session.client(job.attempt) : undefined, // others have clients of their own
  });
}

function requestOf({ job, session, identity }: Attempt, more?: Record<string, string>) {
  const { url, authorization } = splitCredentials(job.url);
  const common = identity ? withIdentity(session.settings.headers) : session.settings.headers;
  const headers = job.headers || authorization || more
    ? laidOver(common, { ...authorization && { authorization }, ...job.headers, ...more })
    : common;
  return { url, headers };
}

/**
 * Undoes the codings of a response that were applied for its way here.
 *
 * @returns Undefined if it has to be asked for again, with nothing packed: the response was the first to say that the file's
 * own coding may be the one that is to be undone.
 */
async function undoCodings(attempt: Attempt, response: Answer): Promise<Answer | undefined> {
  const { job, session, send, watched } = attempt;
  accept(attempt, response, true); // here too, because it may end here
  const ofName = await ownCodingOf(job, response);
  const { raw } = session.settings;
  if (ofName !== undefined && !attempt.identity && send.asksForCodings && !raw) {
    await response.body?.cancel();
    attempt.identity = true;
    return undefined;
  }
  return await represent(response, {
    raw,
    ofName,
    signal: watched.controller.signal,
    onPacked: () => watched.lastDataAt = performance.now(),
  });
}

/** Follows redirects, from the first one on. */
async function follow(attempt: Attempt, first: Answer, more?: Record<string, string>): Promise<Answer> {
  const { job, send, facts } = attempt;
  const { url, headers } = requestOf(attempt, more);
  facts.status = first.status;
  const last = await followRedirects(url, { headers }, {
    first,
    allowDowngrade: job.sha256 !== undefined,
    // Another server may not speak what this one speaks
    fetch: (to, { headers = {} }) => sendBy(sameOrigin(to, url) ? send : fetch, attempt, to, headers),
  });
  if (last.url !== url) facts.finalUrl = splitCredentials(last.url).url;
  return last;
}

/** Notes that headers have come, and says so if they are none that a download can end well with. */
function accept({ watched, facts }: Attempt, response: Answer, isRest = false): Promise<void> | undefined {
  watched.lastDataAt = performance.now();
  facts.firstByteMs = watched.lastDataAt - watched.startedAt;
  facts.status = response.status;
  response.noteArrivals?.(watched);
  if (!response.ok) return refuse(response);
  if (response.status === 206 && !isRest) return refusePart(response);
}

/** Headers by name, whatever the case of their letters; the later ones win. */
function laidOver(below: Record<string, string>, above: Record<string, string>): Headers {
  const headers = new Headers(below);
  for (const [name, value] of Object.entries(above)) headers.set(name, value);
  return headers;
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}

/** Says why a status is none that a download can end well with. */
async function refuse(response: Answer): Promise<never> {
  const { status, statusText, headers } = response;
  await discard(response);
  const message = `the server answered ${status} ${statusText}`.trimEnd();
  throw new AttemptError("status", message, retryAfter(headers.get("retry-after"), { date: headers.get("date") }));
}

/** A transfer coding that wasn't asked for stays in the body that `fetch` gives (RFC 9112 §6.1); only chunks are undone. */
async function refuseTransferCoding(response: Answer): Promise<void> {
  const coding = response.headers.get("transfer-encoding") ?? "";
  if (coding.toLowerCase() === "chunked") return;
  await discard(response);
  throw new AttemptError("protocol", `the body has the transfer coding ${JSON.stringify(coding.slice(0, 60))}`);
}

async function refusePart(response: Answer): Promise<never> {
  await discard(response);
  throw new AttemptError("protocol", "the server answered a part (206) where the whole was asked for");
}

/** Reads a body to its end. */
async function drain(response: Answer, watched: Watched, most: number): Promise<void> {
  await refuseLarger(response, { most, announced: wholeLength(response) });
  for await (const _ of upTo(chunksOf(response, watched), { most }));
}

/** Reads a page that must be the expected number, in as few steps as its size allows: a page is read 10,000 times a second. */
async function readPage(response: Answer, watched: Watched, expected: number): Promise<string> {
  const length = wholeLength(response) ?? Infinity;
  let text;
  if (length <= MAX_PAGE_BYTES) {
    text = new TextDecoder().decode(await wholeBody(response, length, watched));
  } else {
    text = await firstBytes(response, watched);
  }
  if (text.trim() === String(expected)) return text;
  throw new AttemptError("unexpected-value", `the page says ${JSON.stringify(text.slice(0, 40))}, not ${expected}`);
}

/** The start of a body whose size isn't known, or is too large for a number; the rest is cancelled. */
async function firstBytes(response: Answer, watched: Watched): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(response, watched)) {
    text += decoder.decode(chunk, { stream: true });
    if (watched.bytes > MAX_PAGE_BYTES) break;
  }
  return text;
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
  if (reason instanceof DeadlineError || reason instanceof Http1Error || reason instanceof BodyError) return true;
  // By its name, because its module is loaded only where something is saved
  return reason instanceof Error && reason.name === "SaveError" && "kind" in reason;
}
