/**
 * Headers that only some hosts get: what was said for an origin, and the user and password of a host.
 *
 * @module
 */

import type { LoginSettings } from "../core/login_settings.ts";

/** Says which headers a URL gets. */
export class HostHeaders {
  readonly #origins: ReadonlyMap<string, Record<string, string>>;
  readonly #hosts: ReadonlyMap<string, string>;

  /**
   * Takes what settings say.
   *
   * @param settings The settings.
   */
  constructor({ originHeaders, logins }: LoginSettings) {
    this.#origins = new Map(Object.entries(originHeaders));
    this.#hosts = new Map(
      Object.entries(logins).map(([host, { user, password }]) => {
        return [host, `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`];
      }),
    );
  }

  /**
   * Finds the headers for a URL.
   *
   * @param url The URL.
   * @param options Whether a redirect leads there. Then a password doesn't go out without TLS: whoever is on the way of a
   * request without TLS could have it sent to them.
   * @returns The headers; undefined if there are none.
   */
  for(url: string, { isRedirect }: { isRedirect: boolean }): Record<string, string> | undefined {
    const { origin, hostname, protocol } = new URL(url);
    const headers = this.#origins.get(origin);
    const authorization = isRedirect && protocol !== "https:" ? undefined : this.#hosts.get(hostname);
    return authorization === undefined ? headers : { authorization, ...headers };
  }
}

/**
 * Makes what says which headers a URL gets.
 *
 * @param settings The settings.
 * @returns Undefined if no host gets any.
 */
export function hostHeadersOf(settings: LoginSettings): HostHeaders | undefined {
  const { originHeaders, logins } = settings;
  const count = Object.keys(originHeaders).length + Object.keys(logins).length;
  return count === 0 ? undefined : new HostHeaders(settings);
}
