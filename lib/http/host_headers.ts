/**
 * Headers that only some hosts get: what was said for an origin, and the user and password of a host.
 *
 * @module
 */

import { type HostSettings, HostTable } from "../core/host_settings.ts";
import type { Login, LoginSettings } from "../core/login_settings.ts";

/** What a {@linkcode HostHeaders} takes from the settings. */
export type HostHeadersSettings = Pick<LoginSettings, "originHeaders" | "logins"> & {
  /** What holds for some hosts only. Default: nothing. */
  hosts?: Record<string, HostSettings>;
};

/** Says which headers a URL gets. */
export class HostHeaders {
  readonly #origins: ReadonlyMap<string, Record<string, string>>;
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #table: HostTable;

  /**
   * Takes what settings say.
   *
   * @param settings The settings.
   */
  constructor({ originHeaders, logins, hosts = {} }: HostHeadersSettings) {
    this.#table = new HostTable(hosts);
    this.#origins = new Map(Object.entries(originHeaders));
    this.#hosts = new Map(
      Object.entries(logins).map(([host, login]) => [host, basic(login)]),
    );
  }

  /**
   * Finds the headers for a URL.
   *
   * @param url The URL.
   * @param options Whether a redirect leads there. Then what is for a host by its name doesn't go out without TLS: whoever is
   * on the way of a request without TLS could have it sent to them.
   * @returns The headers; undefined if there are none.
   */
  for(url: string, { isRedirect }: { isRedirect: boolean }): Record<string, string> | undefined {
    const { origin, host, hostname, protocol } = new URL(url);
    const headers = this.#origins.get(origin);
    const isSecure = protocol === "https:";
    if (isRedirect && !isSecure) return headers;
    const { headers: ofHost, login } = this.#table.for(host, isSecure ? "443" : "80");
    const authorization = login ? basic(login) : this.#hosts.get(hostname);
    if ((authorization ?? ofHost) === undefined) return headers;
    return { ...authorization !== undefined && { authorization }, ...ofHost, ...headers };
  }
}

function basic({ user, password }: Login): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/**
 * Makes what says which headers a URL gets.
 *
 * @param settings The settings.
 * @returns Undefined if no host gets any.
 */
export function hostHeadersOf(settings: HostHeadersSettings): HostHeaders | undefined {
  const { originHeaders, logins, hosts = {} } = settings;
  const hasOwn = Object.values(hosts).some(({ headers, login }) => (headers ?? login) !== undefined);
  const count = Object.keys(originHeaders).length + Object.keys(logins).length;
  return count === 0 && !hasOwn ? undefined : new HostHeaders(settings);
}
