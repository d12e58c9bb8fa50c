/**
 * Redirects, followed by hand: fetch() would send every header but Authorization and Cookie on to wherever it is
 * redirected, an `X-Api-Key` for example; it doesn't say what went wrong; and it goes from https to http unasked.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { ChainCookies } from "./redirect_cookies.ts";
import { splitCredentials } from "../core/credentials.ts";
import { discard } from "./discard.ts";
import { isRedirect } from "./is_redirect.ts";
import { asUtf8 } from "../core/isomorphic.ts";

/** Redirects followed for one URL at most, as the Fetch Standard says (https://fetch.spec.whatwg.org/#http-redirect-fetch). */
export const MAX_REDIRECTS = 20;

/** A redirect that isn't followed. */
export class RedirectError extends Error {
  /** `RedirectError`. */
  override readonly name = "RedirectError";
}

/** How to follow redirects. */
export interface FollowOptions {
  /** Redirects to follow at most, 0 or more. Default: {@linkcode MAX_REDIRECTS}. */
  maxRedirects?: number;
  /**
   * Whether to go on from https to http, where anyone on the way can read and change what comes. Default: false. Harmless
   * when the body's SHA-256 is known beforehand.
   */
  allowDowngrade?: boolean;
  /** The response to the first request, if that has been made. Default: it is made here. */
  first?: Answer;
  /** The cookies of the session. Default: there are none but those of this chain. */
  cookies?: ChainCookies;
  /** Headers that only the URL's host may see, for each other origin that a redirect leads to. Default: none. */
  headersFor?: (url: string) => Record<string, string> | undefined;
  /** Makes one request. Default: the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Answer>;
}

/** Headers that tell nothing about who asks, and so may go to another origin. Any other may be a credential. */
const HARMLESS = new Set([
  ...["accept", "accept-encoding", "accept-language", "traceparent", "user-agent"],
  ...["if-modified-since", "if-none-match", "if-range", "range"],
]);

/**
 * Gets a URL, following redirects. Once a redirect leads to another origin, only headers that can't be credentials are
 * sent on (`accept`, `accept-encoding`, `accept-language`, `traceparent`, `user-agent`, `range`, and conditions). Cookies that
 * a redirect sets are sent on the rest of the way, to the site that they are for.
 *
 * @param url The URL to begin with, without credentials.
 * @param init What fetch() takes; `redirect` is ignored.
 * @param options How to follow.
 * @returns The response that is no redirect. Its `url` is where it came from. A redirect without a Location is returned
 * as it is (RFC 9110 §15.4 leaves that to the user).
 * @throws {RedirectError} For too many redirects, a circle, a Location that is no http or https URL, or a step from
 * https to http.
 * @throws {Error} What fetch() throws.
 */
export async function followRedirects(url: string, init: RequestInit, options: FollowOptions = {}): Promise<Answer> {
  const { maxRedirects = MAX_REDIRECTS, allowDowngrade = false, headersFor, fetch = globalThis.fetch } = options;
  const { cookies = new ChainCookies() } = options;
  let hop: RequestInit = { ...init, redirect: "manual" };
  /** The caller's headers, as far as they go on; cookies that redirects set come on top of them. */
  let own = init.headers;
  let { first } = options;
  let from = url;
  const visited = [stateOf(url, new Headers(hop.headers))];
  while (true) {
    const response = first ?? await fetch(from, hop);
    first = undefined;
    const location = isRedirect(response) ? response.headers.get("location") : null;
    if (location === null) {
      if (cookies.isShared) await cookies.keep(response.headers.getSetCookie(), from);
      return response;
    }
    await discard(response);
    await cookies.keep(response.headers.getSetCookie(), from);

    const target = URL.parse(asUtf8(location), from);
    if (target === null) {
      throw new RedirectError(`${from} redirects to ${splitCredentials(location).url}, which is not a URL`);
    }
    target.hash = "";
    const { url: to, authorization } = splitCredentials(target.href);
    const headers = target.origin === new URL(from).origin ? new Headers(own) : harmless(own, headersFor?.(to));
    if (authorization !== undefined) headers.set("authorization", authorization);
    own = new Headers(headers);
    const cookie = cookies.headerFor(to, headers.get("cookie"));
    if (cookie !== undefined) headers.set("cookie", cookie);
    const state = stateOf(to, headers);
    const problem = target.protocol !== "http:" && target.protocol !== "https:"
      ? "only http and https are followed"
      : new URL(from).protocol === "https:" && target.protocol === "http:" && !allowDowngrade
      ? "leaving https for http isn't allowed"
      : visited.includes(state)
      ? "it has been there before"
      : visited.length > maxRedirects
      ? `more than ${maxRedirects} redirects`
      : undefined;
    if (problem) throw new RedirectError(`${from} redirects to ${to}: ${problem}`);

    hop = { ...hop, headers };
    visited.push(state);
    from = to;
  }
}

/** What identifies a request: if it comes again, nothing has changed, and the redirects lead in a circle. */
function stateOf(url: string, headers: Headers): string {
  return [url, headers.get("cookie"), headers.get("authorization")].join("\n");
}

function harmless(headers: HeadersInit | undefined, more: Record<string, string> = {}): Headers {
  const kept = new Headers([...new Headers(headers)].filter(([name]) => HARMLESS.has(name)));
  for (const [name, value] of Object.entries(more)) kept.set(name, value);
  return kept;
}
