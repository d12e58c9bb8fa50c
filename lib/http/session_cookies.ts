/**
 * Cookies that last as long as a run, in one isolate: those of a file, and those that servers set meanwhile. So a website that
 * wants a login has one, and not one for each URL.
 *
 * To which URL which cookie goes is decided by tough-cookie, as for those of one chain of redirects.
 *
 * Loaded only where there is a file of cookies, because it takes a package that other runs don't need.
 *
 * @module
 */

import { Cookie, CookieJar } from "tough-cookie";
import { readCookieFile } from "../core/cookie_file.ts";
import { ChainCookies } from "./redirect_cookies.ts";

/** Cookies that servers may set in a run, for each isolate: as many as browsers keep at least (RFC 6265 §6.1). */
const MOST_SET = 3_000;

/** Logins at an origin that others wait for: where it takes more, its redirects set cookies whatever it is asked. */
const MOST_LOGINS = 3;

/** What was sent with the last request of an attempt. */
export interface SentCookies {
  /** The cookies of the session. */
  cookie: string | undefined;
  /** How often it was asked again after a login. */
  waits: number;
}

/** The cookies of a session. */
export class SessionCookies {
  readonly #jar = new CookieJar();
  /** Redirects that may lead through a login, by the origin where they begin. */
  readonly #logins = new Map<string, Promise<void>>();
  /** How often redirects of an origin have brought it other cookies; Infinity if one didn't, and so was no login. */
  readonly #counts = new Map<string, number>();
  readonly #sent = new WeakMap<object, SentCookies>();
  #set = 0;

  /**
   * Takes the cookies of a file.
   *
   * @param text What the file says, in Netscape's form.
   * @throws {TypeError} If it says something else.
   */
  constructor(text: string) {
    for (const { domain, isHostOnly, path, isSecure, expires, name, value } of readCookieFile(text)) {
      const isAddress = /^[\d.]+$|^\[/.test(domain); // which has no subdomains
      const cookie = new Cookie({
        ...{ key: name, value, path, secure: isSecure, expires: expires ?? "Infinity" },
        domain: isHostOnly || isAddress ? null : domain,
      });
      // What is for a public suffix, as "com", is left out, and so is what has ended
      this.#jar.setCookieSync(cookie, `${isSecure ? "https" : "http"}://${domain}${path}`, { ignoreError: true });
    }
  }

  /** The same, for one chain of redirects. */
  get chain(): ChainCookies {
    return new ChainCookies(this.#jar);
  }

  /**
   * The Cookie header of a request.
   *
   * @param url Where it goes.
   * @param own The Cookie header that the caller has for it, if any.
   * @returns Its value; undefined when there is no cookie to send.
   */
  headerFor(url: string, own: string | null): string | undefined {
    return this.chain.headerFor(url, own);
  }

  /**
   * Lays the cookies of the session over the headers of a request.
   *
   * @param url Where it goes.
   * @param headers Its headers.
   * @param asker Whose request it is; {@linkcode sent} says what was sent last.
   * @returns All headers.
   */
  headersFor(url: string, headers: HeadersInit, asker: object): Headers {
    const all = new Headers(headers);
    const cookie = this.headerFor(url, all.get("cookie"));
    if (cookie !== undefined) all.set("cookie", cookie);
    this.#sent.set(asker, { cookie: this.headerFor(url, null), waits: this.#sent.get(asker)?.waits ?? 0 });
    return all;
  }

  /** What was sent last for whoever asked. */
  sent(asker: object): SentCookies | undefined {
    return this.#sent.get(asker);
  }

  /**
   * Keeps what a response sets.
   *
   * @param lines The values of its Set-Cookie headers.
   * @param url Where the response came from.
   */
  async keep(lines: readonly string[], url: string): Promise<void> {
    if (lines.length === 0 || this.#set >= MOST_SET) return;
    this.#set += lines.length;
    await this.chain.keep(lines, url);
  }

  /**
   * Follows redirects that may lead through a login: one at a time for an origin, as long as they may.
   *
   * @param url Where they begin.
   * @param options What was sent there, how to follow the redirects, and how to wait while others are followed.
   * @returns What `follow` returns; undefined if there are other cookies for the URL now, so that it is to be asked again.
   */
  async during<T>(
    url: string,
    { sent, follow, wait }: {
      sent: SentCookies | undefined;
      follow: () => Promise<T>;
      wait: (login: Promise<void>) => Promise<void>;
    },
  ): Promise<T | undefined> {
    const { origin } = new URL(url);
    for (let login; (login = this.#logins.get(origin)) !== undefined;) await wait(login);
    const before = this.headerFor(url, null);
    if (sent && sent.cookie !== before && sent.waits < MOST_LOGINS) {
      sent.waits++;
      return undefined;
    }
    const count = this.#counts.get(origin) ?? 0;
    if (count >= MOST_LOGINS) return await follow();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#logins.set(origin, promise);
    try {
      const followed = await follow();
      this.#counts.set(origin, this.headerFor(url, null) === before ? Infinity : count + 1);
      return followed;
    } finally {
      this.#logins.delete(origin);
      resolve();
    }
  }
}
