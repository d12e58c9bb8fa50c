/**
 * Requests that only `fetch` knows the way for: through SOCKS proxies, and with TLS inside the TLS of a proxy.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { clientOptions, type NetworkSettings } from "./client_options.ts";
import { askingForNoCodings, type SendInit } from "./send.ts";

/** Sends by `fetch`, over clients of its own. */
export class FetchSender implements Disposable {
  readonly #settings: NetworkSettings;
  readonly #clients: (Deno.HttpClient | undefined)[] = [undefined, undefined];

  /** Connects to nothing yet. */
  constructor(settings: NetworkSettings) {
    this.#settings = settings;
  }

  /** Sends a request; a retry over another client, and so over another connection. */
  send(url: string, { attempt = 1, headers, ...init }: SendInit): Promise<Answer> {
    const client = this.#clients[attempt % 2] ??= Deno.createHttpClient(clientOptions(this.#settings));
    return fetch(url, { ...init, headers: askingForNoCodings(headers), client });
  }

  /** Closes the clients. */
  [Symbol.dispose](): void {
    for (const client of this.#clients) client?.close();
    this.#clients.fill(undefined);
  }
}
