/**
 * `GET /{n}`, behaving as asked.
 *
 * @module
 */

import { STATUS_TEXT } from "@std/http/status";
import { Fates } from "./fates.ts";
import { breakResponse } from "./faults.ts";
import { type Behaviour, type Fault, queryName } from "./parameters.ts";
import { inPieces } from "./pieces.ts";
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

/** Answers requests for pages. */
export class Pages {
  readonly #fates = new Fates();

  /** Forgets how often each page was asked for, so that a second run fails like the first. */
  reset(): void {
    this.#fates.reset();
  }

  /** Answers one request, after the wait it asked for. */
  async answer({ n, behaviour, request, client, head }: PageRequest): Promise<Page> {
    const { changeEvery, changeInterval } = behaviour;
    const fate = await this.#fates.of({ page: n, path: pathOf(request.url), behaviour, client });
    const { fault, status = 200, attempt, age } = fate;
    const version = Math.floor((attempt - 1) / (changeEvery ?? Infinity)) +
      Math.floor(age / (changeInterval ?? Infinity));
    const state = (version: number) => representationOf(n, behaviour, { version, attempt });
    const now = state(version);
    if (fault && fault !== "BIT_FLIP" && !(head && isLie(fault))) {
      const http2 = !request.headers.has("host");
      const headers = new Headers({ "content-type": now.type });
      // What breaks off can be gone on with: it says which version it was of.
      if (now.etag) headers.set("etag", now.etag);
      if (now.lastModified) headers.set("last-modified", now.lastModified);
      headers.set("accept-ranges", behaviour.ranges === "none" ? "none" : "bytes");
      const secure = request.url.startsWith("https:");
      const { length, garbage } = now;
      const pieces = inPieces(now.part, length);
      const options = { client, http2, secure, status, headers, pieces, length, garbage };
      return { fault, response: await breakResponse(fault, options) };
    }
    if (status >= 400) return { response: failure(status, behaviour) };
    if (behaviour.redirectLoop) return { response: redirect(pathOf(request.url)) };
    if (behaviour.redirects) return { response: redirect(oneLess(request.url, n, behaviour.redirects)) };
    if ([204, 205, 304].includes(status)) return { response: new Response(null, { status }) };
    const flippedBit = fault === "BIT_FLIP" ? Math.floor(fate.lot("bit") * now.length * 8) : undefined;
    const pace = fate.pace;
    const options = { pace, status, behaviour, request, head, flippedBit, next: () => state(version + 1) };
    return { fault, response: await success(now, options) };
  }
}

/** Whether a fault is a lie about a body, which HEAD has none of. */
export function isLie(fault: Fault): boolean {
  return /^(CONTENT_LENGTH|EXTRA)_/.test(fault);
}

/** An answer that says that the request failed, and perhaps when to come back. */
export function failure(status: number, { retryAfter, retryAfterForm }: Behaviour): Response {
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
export function pathOf(url: string): string {
  return url.slice(url.indexOf("/", "https://".length));
}

/** The same page with one redirect less to go. */
function oneLess(url: string, n: string, redirects: number): string {
  const query = new URLSearchParams(url.slice(url.indexOf("?")));
  if (redirects > 1) query.set(queryName("redirects"), String(redirects - 1));
  else query.delete(queryName("redirects"));
  return query.size ? `/${n}?${query}` : `/${n}`;
}
