/**
 * One attempt at one URL, with its deadlines: the same code for all four strategies, so that comparing them is fair.
 *
 * @module
 */

import { MAX_PAGE_BYTES } from "../constants.ts";
import { splitCredentials } from "./credentials.ts";
import { DeadlineError, type Watched } from "./deadlines.ts";
import type { Job } from "./download.ts";
import { describeError } from "./failure.ts";
import type { Failed, FailureKind, Outcome, OutcomeFacts } from "./outcome.ts";
import type { Session } from "./session.ts";

const WEB = /^https?:\/\//i;

/** A reason to call an attempt failed that `fetch` doesn't know of. */
class AttemptError extends Error {
  constructor(readonly kind: FailureKind, message: string) {
    super(message);
  }
}

/**
 * Downloads a URL once. Never throws: whatever goes wrong is the outcome.
 *
 * @param job What to download.
 * @param session Deadlines, settings, and the signal that ends the attempt.
 * @param client The connections to use. Default: Deno's own, over HTTP/1.1 for `http:` URLs.
 * @returns How it ended. The body has been read, or cancelled.
 */
export async function fetchOne(job: Job, session: Session, client?: Deno.HttpClient): Promise<Outcome> {
  const attempt = session.deadlines.start();
  const facts: OutcomeFacts = {
    id: job.id,
    url: splitCredentials(job.url).url,
    attempts: job.attempt,
    startedAt: performance.timeOrigin + attempt.startedAt,
    firstByteMs: undefined,
    totalMs: 0,
    status: undefined,
    bytes: 0,
  };
  try {
    if (session.signal.aborted) {
      facts.attempts--; // this one isn't made
      session.signal.throwIfAborted();
    }
    const value = await download(job, attempt, facts, client);
    facts.totalMs = performance.now() - attempt.startedAt;
    return { result: "done", ...facts, value };
  } catch (error) {
    facts.totalMs = performance.now() - attempt.startedAt;
    const { kind, message } = whyItFailed(error, attempt, session);
    return { result: "failed", ...facts, kind, message: message.replaceAll(job.url, facts.url) };
  } finally {
    session.deadlines.end(attempt);
  }
}

/** Sends the request and reads the body. Fills in `facts` as they become known, so that a failure has them too. */
async function download(job: Job, attempt: Watched, facts: OutcomeFacts, client?: Deno.HttpClient) {
  // Deno's fetch reads files and data too, and in a worker takes any text for a path
  if (!WEB.test(job.url)) throw new AttemptError("invalid-url", "only http:// and https:// URLs can be downloaded");
  const { signal } = attempt.controller;
  const response = await fetch(job.url, { signal, client, headers: job.headers });
  attempt.lastDataAt = performance.now();
  facts.firstByteMs = attempt.lastDataAt - attempt.startedAt;
  facts.status = response.status;
  if (response.redirected) facts.finalUrl = splitCredentials(response.url).url;
  if (!response.ok) {
    await response.body?.cancel();
    throw new AttemptError("status", `the server answered ${response.status} ${response.statusText}`.trimEnd());
  }
  if (job.expected !== undefined) return await readNumber(response, facts, job.expected);
  for await (const chunk of response.body ?? []) {
    attempt.lastDataAt = performance.now();
    facts.bytes += chunk.byteLength;
  }
}

/** Reads a page that must be the expected number, in as few steps as its size allows: a page is read 10,000 times a second. */
async function readNumber(response: Response, facts: OutcomeFacts, expected: number): Promise<number> {
  const { headers } = response;
  // What is packed may be a thousand times as long as its Content-Length says
  const length = headers.has("content-encoding") ? Infinity : Number(headers.get("content-length") ?? Infinity);
  let text;
  if (length <= MAX_PAGE_BYTES) {
    text = await response.text();
    facts.bytes = length;
  } else {
    text = await firstBytes(response, facts);
  }
  if (text.trim() === String(expected)) return expected;
  throw new AttemptError("unexpected-value", `the page says ${JSON.stringify(text.slice(0, 40))}, not ${expected}`);
}

/** The start of a body whose size isn't known, or is too large for a number; the rest is cancelled. */
async function firstBytes(response: Response, facts: OutcomeFacts): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    facts.bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (facts.bytes > MAX_PAGE_BYTES) break;
  }
  return text;
}

function whyItFailed(error: unknown, { controller }: Watched, session: Session): Pick<Failed, "kind" | "message"> {
  if (session.signal.aborted) return { kind: "aborted", message: "interrupted" };
  const reason = controller.signal.aborted ? controller.signal.reason : error;
  if (reason instanceof DeadlineError || reason instanceof AttemptError) {
    return { kind: reason.kind, message: reason.message };
  }
  return describeError(reason);
}
