/**
 * Cookies that redirects set, for as long as one chain of redirects lasts: what it takes to log in on the way (a page that
 * isn't for everybody sends to one that logs in, which sets a cookie and sends back).
 *
 * To which URL which cookie goes is decided by tough-cookie (RFC 6265 §5: host, domain, path, Secure, public suffixes). It is
 * loaded only when a redirect sets a cookie.
 *
 * @module
 */

import type { Cookie, CookieJar } from "tough-cookie";

/** Cookies that are kept of a response, and characters of the longest; browsers keep as many (RFC 6265 §6.1). */
const [MOST_COOKIES, MOST_LENGTH] = [50, 4_096];

/** The cookies of one chain of redirects. */
export class ChainCookies {
  #jar: CookieJar | undefined;
  /** Whether the cookies last longer than the chain. */
  readonly isShared: boolean;

  /**
   * Begins a chain.
   *
   * @param jar Cookies that last longer. Default: there are none.
   */
  constructor(jar?: CookieJar) {
    this.#jar = jar;
    this.isShared = jar !== undefined;
  }

  /**
   * Keeps what a response sets.
   *
   * @param lines The values of its Set-Cookie headers. What makes no sense, or is for another site, is ignored.
   * @param url Where the response came from.
   */
  async keep(lines: readonly string[], url: string): Promise<void> {
    if (lines.length === 0) return;
    const jar = this.#jar ??= new (await import("tough-cookie")).CookieJar();
    for (const line of lines.slice(0, MOST_COOKIES)) {
      if (line.length <= MOST_LENGTH) await jar.setCookie(line, url, { ignoreError: true });
    }
  }

  /**
   * The Cookie header of the next request.
   *
   * @param url Where it goes.
   * @param own The Cookie header that the caller has for it, if any; of a name in both, what a redirect has set counts.
   * @returns Its value; undefined when there is no cookie to send.
   */
  headerFor(url: string, own: string | null): string | undefined {
    const set = this.#cookiesFor(url);
    if (set.length === 0) return own ?? undefined;
    const names = new Set(set.map(({ key }) => key));
    const kept = (own ?? "").split(/;\s*/).filter((pair) => pair !== "" && !names.has(pair.split("=", 1)[0].trim()));
    return [...kept, ...set.map((cookie) => cookie.cookieString())].join("; ");
  }
  #cookiesFor(url: string): Cookie[] {
    try {
      return this.#jar?.getCookiesSync(url) ?? [];
    } catch {
      return []; // tough-cookie throws for hosts that are named like a whole domain of special use, as `example`
    }
  }
}
