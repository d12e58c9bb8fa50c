/**
 * `GET /{n}`, behaving as asked.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { STATUS_TEXT } from "@std/http/status";
import { Attempts } from "./attempts.ts";
import { ConnectionPace } from "./connection_pace.ts";
import { breakResponse } from "./faults.ts";
import { chance } from "./hash.ts";
import { type Behaviour, type Fault, queryName } from "./parameters.ts";
import { representationOf } from "./representation.ts";
import { success } from "./success.ts";

/** One request for a page. */
export interface PageRequest {
  /** The page, an integer in its shortest form. */
  n: string;
  /** What was asked for, over what the site does for everyone. */
  behaviour: Behaviour;
  /** The request. */
  request: Request;
  /** Where it came from. */
  client: Deno.NetAddr;
  /** Whether only the headers will be sent. */
  head: boolean;
}

/** What to answer. */
export interface Page {
  /** The response; absent when the fault left none to send. */
  response?: Response;
  /** How it breaks; absent if it doesn't. */
  fault?: Fault;
}

/** Answers requests for pages, and remembers how often each was asked for, since that decides which of them fail. */
export class Pages {
  readonly #attempts = new Attempts();
  readonly #failures = new Attempts();
  readonly #pace = new ConnectionPace();
  #begin = performance.now();
  #warmAt?: number;

  /** Forgets how often each page was asked for, so that a second run fails like the first. */
  reset(): void {
    this.#attempts.reset();
    this.#failures.reset();
    this.#begin = performance.now();
    this.#warmAt = undefined;
  }

  /** Answers one request, after the wait it asked for. */
  async answer({ n, behaviour, request, client, head }: PageRequest): Promise<Page> {
    const { seed = 0, failureRate, changeEvery, changeInterval = Infinity } = behaviour;
    const lot = (what: string) => chance(`${what}:${seed}:${n}:${attempt}`);
    const counts = behaviour.jitter || failureRate || changeEvery || behaviour.validators === "restless" ||
      behaviour.fault === "BIT_FLIP";
    const attempt = counts ? this.#attempts.next(n) : 1;
    const wait = (behaviour.delay ?? 0) + (behaviour.jitter ?? 0) * lot("jitter");
    if (wait > 0) await delay(wait);
    if (behaviour.coldStart) await this.#warmUp(behaviour.coldStart);

    const isDue = this.#isDue(request.url, client, behaviour);
    const failsAtTimes = failureRate !== undefined || isDue !== undefined;
    const fails = !failsAtTimes || isDue === true || (failureRate !== undefined && lot("failure") < failureRate);
    const fault = fails ? behaviour.fault : undefined;
    const status = fails ? behaviour.status ?? (failsAtTimes && !fault ? 503 : 200) : 200;
    const version = Math.floor((attempt - 1) / (changeEvery ?? Infinity)) +
      Math.floor((performance.now() - this.#begin) / changeInterval);
    const state = (version: number) => representationOf(n, behaviour, { version, attempt });
    const now = state(version);
    if (fault && fault !== "BIT_FLIP" && !(head && isLie(fault))) {
      const http2 = !request.headers.has("host");
      const headers = new Headers({ "content-type": now.type });
      const secure = request.url.startsWith("https:");
      return { fault, response: await breakResponse(fault, { client, http2, secure, status, headers, ...now }) };
    }
    if (status >= 400) return { response: failure(status, behaviour) };
    if (behaviour.redirectLoop) return { response: redirect(pathOf(request.url)) };
    if (behaviour.redirects) return { response: redirect(oneLess(request.url, n, behaviour.redirects)) };
    if ([204, 205, 304].includes(status)) return { response: new Response(null, { status }) };
    const flippedBit = fault === "BIT_FLIP" ? Math.floor(lot("bit") * now.length * 8) : undefined;
    const pace = behaviour.connectionRate ? this.#pace.of(client, behaviour.connectionRate) : undefined;
    const options = { pace, status, behaviour, request, head, flippedBit, next: () => state(version + 1) };
    return { fault, response: await success(now, options) };
  }

  /** Waits until the site is warm: so long after the first request that asked for a cold start. */
  async #warmUp(coldStart: number): Promise<void> {
    const now = performance.now();
    this.#warmAt ??= now + coldStart;
    if (this.#warmAt > now) await delay(this.#warmAt - now);
  }

  /** Whether a request is one of the first, or in an outage; undefined if neither was asked for. */
  #isDue(url: string, client: Deno.NetAddr, { failFirst, outage, outageInterval }: Behaviour): boolean | undefined {
    if (failFirst === undefined && outage === undefined) return undefined;
    const isFirst = failFirst !== undefined && this.#failures.next(`${client.hostname} ${pathOf(url)}`) <= failFirst;
    const since = (performance.now() - this.#begin) % (outageInterval ?? Infinity);
    return isFirst || (outage !== undefined && since < outage);
  }
}

/** Whether a fault is a lie about a body, which HEAD has none of. */
function isLie(fault: Fault): boolean {
  return /^(CONTENT_LENGTH|EXTRA)_/.test(fault);
}

function failure(status: number, { retryAfter, retryAfterForm }: Behaviour): Response {
  const headers = new Headers();
  if (retryAfter !== undefined) {
    const date = new Date(Date.now() + retryAfter * 1_000).toUTCString();
    headers.set("retry-after", retryAfterForm === "date" ? date : String(retryAfter));
  }
  const detail = STATUS_TEXT[status] ?? "Failed as it was asked to";
  return Response.json({ detail }, { status, headers });
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** A URL without its host: the server may be known by another name outside. */
function pathOf(url: string): string {
  return url.slice(url.indexOf("/", "https://".length));
}

/** The same page with one redirect less to go. */
function oneLess(url: string, n: string, redirects: number): string {
  const query = new URLSearchParams(url.slice(url.indexOf("?")));
  if (redirects > 1) query.set(queryName("redirects"), String(redirects - 1));
  else query.delete(queryName("redirects"));
  return query.size ? `/${n}?${query}` : `/${n}`;
}
