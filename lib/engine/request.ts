/**
 * The requests of an attempt: its headers, the way they are sent, and redirects.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { splitCredentials } from "../core/credentials.ts";
import { type AnswerTaker, askingForNoCodings, type Send } from "../http/send.ts";
import type { Attempt } from "./attempt.ts";
import { withIdentity } from "./own_coding.ts";

/** Sends the request. Not async, because an async function more takes 400 bytes for each of 10,000 that wait. */
export function ask(attempt: Attempt, more?: Record<string, string>): Promise<Answer> {
  const { url, headers } = requestOf(attempt, more);
  return sendBy(attempt.send, attempt, url, headers);
}

/** Follows redirects, from the first one on. */
export async function follow(attempt: Attempt, first: Answer, more?: Record<string, string>): Promise<Answer> {
  const { job, send } = attempt;
  const { url, headers } = requestOf(attempt, more);
  attempt.status = first.status;
  const { followRedirects } = await import("../http/redirects.ts");
  const last = await followRedirects(url, { headers }, {
    first,
    allowDowngrade: job.sha256 !== undefined,
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
  const headers = job.headers || authorization || more
    ? laidOver(common, { ...authorization && { authorization }, ...job.headers, ...more })
    : common;
  return { url, headers };
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
