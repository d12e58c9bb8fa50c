/**
 * What every HttpClient of a run is made with.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Settings } from "../core/settings.ts";

/** What {@linkcode clientOptions} takes from the settings. */
export type NetworkSettings = Pick<Settings, "proxy" | "caCerts">;

/**
 * The proxy and the certificate authorities of a run, as `Deno.createHttpClient` takes them.
 *
 * @param settings The settings of the run.
 * @returns Options to make a client with; no keys when the settings name none.
 * @throws {TypeError} If the proxy's URL isn't valid.
 */
export function clientOptions({ proxy, caCerts }: NetworkSettings): Deno.CreateHttpClientOptions {
  const options: Deno.CreateHttpClientOptions = {};
  if (caCerts !== undefined) options.caCerts = caCerts;
  if (proxy !== undefined) {
    const { protocol, username, password } = new URL(proxy);
    const transport = protocol.startsWith("socks5") ? "socks5" : protocol === "https:" ? "https" : "http";
    const basicAuth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
    options.proxy = { transport, url: splitCredentials(proxy).url, ...username && { basicAuth } };
  }
  return options;
}
