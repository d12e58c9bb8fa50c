/**
 * One attempt at one URL, with its deadlines: the same code for all four strategies, so that comparing them is fair.
 *
 * @module
 */

import { MAX_PAGE_BYTES } from "../constants.ts";
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
    url: job.url,
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
    return { result: "failed", ...facts, ...whyItFailed(error, attempt, session) };
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
  if (response.redirected) facts.finalUrl = response.url;
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
  const length = Number(response.headers.get("content-length") ?? Infinity);
  const text = length <= MAX_PAGE_BYTES ? await response.text() : await firstBytes(response, MAX_PAGE_BYTES);
  facts.bytes = text.length;
  if (text.trim() === String(expected)) return expected;
  throw new AttemptError("unexpected-value", `the page says ${JSON.stringify(text.slice(0, 40))}, not ${expected}`);
}

/** The start of a body whose size isn't known, or is too large for a number; the rest is cancelled. */
async function firstBytes(response: Response, max: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > max) break;
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
