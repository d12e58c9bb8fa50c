/**
 * The requests of an attempt: its headers, the way they are sent, and redirects.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { splitCredentials } from "../core/credentials.ts";
import { type AnswerTaker, askingForNoCodings, type Send } from "../http/send.ts";
import { discard } from "../http/discard.ts";
import type { ChainCookies } from "../http/redirect_cookies.ts";
import type { SessionCookies } from "../http/session_cookies.ts";
import type { Attempt } from "./attempt.ts";
import { withIdentity } from "./own_coding.ts";

/** Sends the request. Not async, because an async function more takes 400 bytes for each of 10,000 that wait. */
export function ask(attempt: Attempt, more?: Record<string, string>): Promise<Answer> {
  const { url, headers } = requestOf(attempt, more);
  const { cookies } = attempt.session;
  return cookies ? askWithCookies(cookies, attempt, headers) : sendBy(attempt.send, attempt, url, headers);
}

/** Sends it with the cookies of the session, and keeps those that it sets. */
async function askWithCookies(
  cookies: Promise<SessionCookies>,
  attempt: Attempt,
  headers: HeadersInit,
): Promise<Answer> {
  const { url, send } = attempt;
  const session = await cookies;
  const answer = await sendBy(send, attempt, url, session.headersFor(url, headers, attempt));
  await session.keep(answer.headers.getSetCookie(), url);
  return answer;
}

/** Follows redirects, from the first one on. Returns undefined if the URL is to be asked again: somebody has logged in there. */
export async function follow(
  attempt: Attempt,
  first: Answer,
  more?: Record<string, string>,
): Promise<Answer | undefined> {
  attempt.status = first.status;
  const { url, session } = attempt;
  if (session.cookies === undefined) return await followEach(attempt, first, more);
  const cookies = await session.cookies;
  const last = await cookies.during(url, {
    sent: cookies.sent(attempt),
    follow: () => followEach(attempt, first, more, cookies.chain),
    wait: (login) => whileOthers(attempt, login),
  });
  if (last === undefined) await discard(first);
  return last;
}

/** Waits for what others do, which is no time of this attempt's server. */
async function whileOthers(attempt: Attempt, work: Promise<void>): Promise<void> {
  const { holds } = attempt.session.deadlines;
  holds.begin(attempt);
  await Promise.race([work, aborted(attempt.signal)]);
  holds.end(attempt);
  attempt.signal.throwIfAborted();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve()));
}

async function followEach(
  attempt: Attempt,
  first: Answer,
  more: Record<string, string> | undefined,
  cookies?: ChainCookies,
): Promise<Answer> {
  const { job, send } = attempt;
  const { url, headers } = requestOf(attempt, more);
  const { followRedirects } = await import("../http/redirects.ts");
  const last = await followRedirects(url, { headers }, {
    first,
    cookies,
    allowDowngrade: job.sha256 !== undefined,
    headersFor: (to) => attempt.session.hostHeaders?.for(to, { isRedirect: true }),
    // Another server may not speak what this one speaks
    fetch: (to, { headers = {} }) => sendBy(send.isOwn || sameOrigin(to, url) ? send : fetch, attempt, to, headers),
  });
  if (last.url !== url) attempt.finalUrl = splitCredentials(last.url).url;
  return last;
}

/**
 * Sends the request without a promise.
 *
 * @param send What sends it.
 * @param attempt The attempt.
 * @param taker Who takes its answer.
 */
export function askTo({ to }: Required<Pick<Send, "to">>, attempt: Attempt, taker: AnswerTaker): void {
  const { url, headers } = requestOf(attempt);
  to(url, { headers, ending: attempt, redirect: "manual", attempt: attempt.job.attempt }, taker);
}

function sendBy(send: Send, attempt: Attempt, url: string, headers: HeadersInit): Promise<Answer> {
  const answer = sentBy(send, attempt, url, headers);
  return attempt.session.limiter === undefined ? answer : limited(answer, attempt);
}

async function limited(answer: Promise<Answer>, attempt: Attempt): Promise<Answer> {
  const [limiter, first] = await Promise.all([attempt.session.limiter, answer]);
  return limiter?.limit(first, attempt) ?? first;
}

function sentBy(send: Send, attempt: Attempt, url: string, headers: HeadersInit): Promise<Answer> {
  const asked = attempt.job.attempt;
  if (send.isOwn) return send(url, { headers, ending: attempt, redirect: "manual", attempt: asked });
  return send(url, {
    headers: askingForNoCodings(headers),
    signal: attempt.signal,
    redirect: "manual",
    attempt: asked,
    client: send === fetch ? attempt.session.client(asked) : undefined, // others have clients of their own
  });
}

function requestOf({ job, session, identity, url, authorization }: Attempt, more?: Record<string, string>) {
  const common = identity ? withIdentity(session.settings.headers) : session.settings.headers;
  const ofHost = session.hostHeaders?.for(url, { isRedirect: false });
  const headers = job.headers || authorization || more || ofHost
    ? laidOver(common, [ofHost, authorization === undefined ? undefined : { authorization }, job.headers, more])
    : common;
  return { url, headers };
}

/** Headers by name, whatever the case of their letters; the later ones win. */
function laidOver(below: Record<string, string>, layers: readonly (Record<string, string> | undefined)[]): Headers {
  const headers = new Headers(below);
  for (const layer of layers) for (const [name, value] of Object.entries(layer ?? {})) headers.set(name, value);
  return headers;
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}
