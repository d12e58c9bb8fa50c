/**
 * One attempt at one URL, with its deadlines: the same code for all five strategies, so that comparing them is fair.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { Job } from "../core/download.ts";
import { isRedirect } from "../http/is_redirect.ts";
import type { Settings } from "../core/settings.ts";
import type { Done, Failed, Outcome, Skipped } from "../core/outcome.ts";
import { messageWithProxy } from "../http/proxied.ts";
import { type Resumable, wholeLength } from "../disk/resume.ts";
import { chunksOf } from "../http/response_body.ts";
import type { Progress } from "../http/watched.ts";
import type { BodySaver, Updatable } from "./body_saver.ts";
import type { OriginConnections } from "../http/connection_limit.ts";
import type { Send } from "../http/send.ts";
import { accept, noteHead, refuseTransferCoding, refuseUnreadBody, refuseUnwanted, undoCodings } from "./accept.ts";
import { Attempt, AttemptError } from "./attempt.ts";
import { readPage } from "./read_page.ts";
import { ask, follow } from "./request.ts";
import type { Session } from "./session.ts";
import { refuseLarger, upTo } from "../http/size_limit.ts";
import { whyItFailed } from "./why_it_failed.ts";

const WEB = /^https?:\/\//i;

/** What a body came to. */
type Came = Pick<Done, "file" | "size" | "sha256">;

/**
 * Downloads a URL once. Never throws: whatever goes wrong is the outcome.
 *
 * @param job What to download, and where it is saved.
 * @param session Deadlines, settings, and the signal that ends the attempt.
 * @param send What sends its requests. Default: `fetch`.
 * @returns How it ended. The body has been read, or cancelled.
 */
export function downloadOnce(job: Job, session: Session, send: Send = fetch): Promise<Outcome> {
  const acquired = send === fetch ? session.connections?.acquire(job.url) : undefined;
  return acquired instanceof Promise
    ? acquired.then((connection) => make(new Attempt(job, session, send), connection))
    : make(new Attempt(job, session, send), acquired);
}

/** Not an async function: for each of 10,000 that wait for an answer, that would take 400 bytes more. */
function make(attempt: Attempt, connection?: OriginConnections): Promise<Outcome> {
  attempt.connection = connection;
  const outcome = begin(attempt);
  if (outcome) return Promise.resolve(outcome);
  if (attempt.job.target) return take(attempt);
  try {
    return ask(attempt).then((answer) => takePage(attempt, answer), (error) => failed(attempt, error));
  } catch (error) {
    return Promise.resolve(failed(attempt, error));
  }
}

/**
 * Starts the clock of an attempt.
 *
 * @param attempt The attempt.
 * @returns How it ended, if it can't be made.
 */
export function begin(attempt: Attempt): Failed | undefined {
  const { job, session } = attempt;
  session.deadlines.watch(attempt);
  if (session.signal.aborted) return notMade(attempt);
  // Deno's fetch reads files and data too, and in a worker takes any text for a path
  if (WEB.test(job.url)) return undefined;
  return failed(attempt, new AttemptError("invalid-url", "only http:// and https:// URLs can be downloaded"));
}

/** Takes in a page; whatever else an answer may be, as all others. */
function takePage(attempt: Attempt, answer: Answer): Outcome | Promise<Outcome> {
  return takeHead(attempt, answer) ?? takeBody(attempt, answer);
}

/**
 * Takes in the head of a page.
 *
 * @param attempt The attempt.
 * @param answer Its answer.
 * @returns How the attempt ended, if that wasn't one of a page; undefined if {@linkcode takeBody} is next.
 */
export function takeHead(attempt: Attempt, answer: Answer): Outcome | Promise<Outcome> | undefined {
  const { job: { expected }, session: { filter } } = attempt;
  if (expected === undefined || filter || answer.status !== 200 || !isPlain(answer)) return take(attempt, answer);
  try {
    accept(attempt, answer);
    if (attempt.progress) noteLength(attempt.progress, answer, undefined);
  } catch (error) {
    return failed(attempt, error);
  }
}

/**
 * Takes in the body of a page, without waiting for anything that is there already.
 *
 * @param attempt The attempt, which has taken the head.
 * @param answer Its answer.
 * @returns How it ended.
 */
export function takeBody(attempt: Attempt, answer: Answer): Outcome | Promise<Outcome> {
  try {
    const page = readPage(answer, attempt, attempt.job.expected ?? NaN);
    if (!(page instanceof Promise)) return done(attempt);
    return page.then(() => done(attempt), (error) => failed(attempt, error));
  } catch (error) {
    return failed(attempt, error);
  }
}

/** Gets the answer, if it isn't there yet, and takes in its body. */
async function take(attempt: Attempt, first?: Answer): Promise<Outcome> {
  const { job, session } = attempt;
  try {
    const saver = job.target && session.saver ? await session.saver : undefined;
    const isChecked = saver && job.target?.isThere;
    const there = isChecked ? await unhurried(attempt, saver.verify(job, session.signal)) : undefined;
    if (there && !session.settings.update) return itIsThere(attempt, there);
    const found = saver?.findUnfinished(job, session.signal);
    let resumes = found && await unhurried(attempt, found);
    let updates = resumes === undefined && Boolean(isChecked) === Boolean(there)
      ? saver?.findUpdatable(job)
      : undefined;
    let response = first;
    while (true) {
      const more = resumes?.headers ?? updates?.headers;
      response ??= await ask(attempt, more);
      if (!isPlain(response)) response = await plain(attempt, response, more);
      if (saver && updates && response?.status === 304) {
        noteHead(attempt, response);
        if (await saver.isUnchanged(updates, response)) return unchanged(attempt, updates, there);
        updates = response = undefined;
        continue;
      }
      const answer = response && saver && resumes ? await saver.checkAnswer(resumes, response) : "whole";
      if (response && answer !== "resumed") resumes = undefined;
      if (response && answer !== "neither") break;
      response = undefined;
    }
    const refused = accept(attempt, response, resumes !== undefined);
    if (refused) await refused;
    if (session.filter) await refuseUnwanted(session.filter, response);
    if (attempt.progress) noteLength(attempt.progress, response, resumes);
    if (saver) return done(attempt, await save(saver, attempt, response, resumes));
    if (job.expected === undefined) await drain(response, attempt, session.settings.maxFilesize);
    else {
      const page = readPage(response, attempt, job.expected);
      if (page instanceof Promise) await page;
    }
    return done(attempt);
  } catch (error) {
    return unwantedOrFailed(failed(attempt, error), session.settings);
  }
}

/** What came of an attempt that has failed because what it would have brought isn't wanted. */
function unwantedOrFailed(failed: Failed, { unwanted }: Pick<Settings, "unwanted">): Failed | Skipped {
  if (unwanted === "fail" || (failed.kind !== "too-large" && failed.kind !== "unwanted-type")) return failed;
  const { kind: _, retryAfterMs: __, keptBytes: ___, ...facts } = failed;
  return { ...facts, result: "skipped", reason: "unwanted" };
}

/** Stops the clock, and says how long it took. */
function end(attempt: Attempt): number {
  const { session, connection } = attempt;
  if (connection) session.connections?.release(connection);
  return session.deadlines.end(attempt);
}

function done(attempt: Attempt, came?: Came): Done {
  const outcome: Done = attempt.facts("done", end(attempt));
  const { expected } = attempt.job;
  if (expected !== undefined) outcome.value = expected;
  return came ? { ...outcome, ...came } : outcome;
}

/** The file has been looked at, and its server hasn't been asked. */
function itIsThere(attempt: Attempt, there: Came): Skipped {
  return { ...attempt.facts("skipped", end(attempt)), attempts: 0, reason: "there", ...there };
}

function unchanged(attempt: Attempt, { file, size }: Updatable, there: Came | undefined): Skipped {
  return { ...attempt.facts("skipped", end(attempt)), reason: "unchanged", file, size, ...there };
}

/** Of a run that has been ended there is nothing to ask for any more. */
function notMade(attempt: Attempt): Failed {
  const outcome = failed(attempt, attempt.session.signal.reason);
  outcome.attempts--;
  return outcome;
}

/**
 * Ends an attempt that has failed.
 *
 * @param attempt The attempt.
 * @param error Why.
 * @returns How it ended.
 */
export function failed(attempt: Attempt, error: unknown): Failed {
  const { job, session, keptBytes } = attempt;
  const why = whyItFailed(error, attempt);
  const facts = attempt.facts("failed", end(attempt));
  const { url, status } = facts;
  why.message = why.message.replaceAll(job.url, url);
  if (status === undefined) why.message = messageWithProxy(why, job.url, session.settings);
  return { ...facts, ...why, ...keptBytes !== undefined && { keptBytes } };
}

/** Whether nothing about an answer but its status and its body has to be looked at. */
function isPlain(response: Answer): boolean {
  const { status, ok, headers } = response;
  return !isRedirect(response) && status !== 205 && !headers.has("transfer-encoding") &&
    !(ok && headers.has("content-encoding"));
}

/** What is behind redirects and codings of an answer; undefined if it has to be asked for again. */
async function plain(
  attempt: Attempt,
  first: Answer,
  more: Record<string, string> | undefined,
): Promise<Answer | undefined> {
  const response = isRedirect(first) ? await follow(attempt, first, more) : first;
  if (response === undefined) return undefined;
  if (response.status === 205) refuseUnreadBody(attempt, response);
  if (response.headers.has("transfer-encoding")) await refuseTransferCoding(response);
  return response.ok && response.headers.has("content-encoding") ? await undoCodings(attempt, response) : response;
}

/** Takes in the body, to a file; or resumes one that broke off before. */
function save(
  saver: BodySaver,
  attempt: Attempt,
  response: Answer,
  resumes: Resumable | undefined,
): Promise<Came> {
  const { job } = attempt;
  if (job.expected === undefined) return saver.save(response, { job, attempt, resumes });
  const page = Promise.resolve(readPage(response, attempt, job.expected));
  return page.then((body) => saver.save(response, { job, attempt, resumes, body }));
}

function noteLength(progress: Progress, response: Answer, resumes: Resumable | undefined): void {
  progress.before = resumes?.bytes ?? 0;
  progress.whole = progress.before + (wholeLength(response) ?? -Infinity);
}

/** Waits for what takes this machine time, however long, and is no time of the server's. */
async function unhurried<T>(attempt: Attempt, work: Promise<T>): Promise<T> {
  const { session } = attempt;
  session.deadlines.pause(attempt);
  try {
    return await work;
  } finally {
    session.deadlines.resume(attempt);
    session.signal.throwIfAborted();
  }
}

/** Reads a body to its end. */
async function drain(response: Answer, attempt: Attempt, most: number): Promise<void> {
  await refuseLarger(response, { most, announced: wholeLength(response) });
  for await (const _ of upTo(chunksOf(response, attempt), { most }));
}
