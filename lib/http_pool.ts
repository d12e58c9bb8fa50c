/**
 * A pool of HttpClients. One client keeps one HTTP/2 connection to a host, and the server caps the requests on it, so
 * several clients carry several times as many.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS, STREAMS_PER_CLIENT } from "../constants.ts";
import { splitCredentials } from "./credentials.ts";
import type { Job } from "./download.ts";
import { clientOptions, type NetworkSettings } from "./http_client.ts";
import { askProtocol, type Protocol } from "./protocol.ts";
import type { Settings } from "./settings.ts";

/** What a pool can be told. */
export type PoolSettings = Pick<Settings, "clients" | "http"> & NetworkSettings;

/** The clients of one isolate: HTTP/2 by prior knowledge where a server speaks it, otherwise what TLS or HTTP/1.1 give. */
export class HttpPool implements Disposable {
  readonly #clients = new Map<1 | 2, Deno.HttpClient[]>();
  readonly #protocols = new Map<string, Protocol | Promise<Protocol>>();

  readonly #settings: PoolSettings;
  readonly #explain: (line: string) => void;

  /**
   * Makes a pool that opens its clients when they are first needed.
   *
   * @param settings How many clients it may have, and what they speak. Default: what the servers make useful.
   * @param explain Told what each server speaks. Default: nobody is.
   */
  constructor(
    settings: PoolSettings = { clients: Infinity, http: "auto" },
    explain: (line: string) => void = () => {},
  ) {
    this.#settings = settings;
    this.#explain = explain;
  }

  /** Clients that have been opened. */
  get size(): number {
    return [...this.#clients.values()].reduce((total, clients) => total + clients.length, 0);
  }

  /**
   * The client for an attempt. Lanes fill one client's streams before they open the next client; a further attempt goes
   * over another one.
   *
   * @param job What will be downloaded.
   * @param lane The lane that does it, from 0.
   * @returns A client that speaks what the URL's server speaks, which is found out once per origin.
   */
  pick(job: Job, lane: number): Deno.HttpClient | Promise<Deno.HttpClient> {
    const slash = job.url.indexOf("/", "https://".length);
    const origin = slash < 0 ? job.url : job.url.slice(0, slash);
    const protocol = this.#protocols.get(origin) ?? this.#ask(origin);
    return protocol instanceof Promise
      ? protocol.then((protocol) => this.#client(protocol, lane, job.attempt))
      : this.#client(protocol, lane, job.attempt);
  }

  /** Closes all clients, and with them their connections. */
  [Symbol.dispose](): void {
    // Attempts may begin with the second client, so there may be gaps
    for (const clients of this.#clients.values()) clients.forEach((client) => client.close());
  }

  #ask(origin: string): Protocol | Promise<Protocol> {
    if (this.#protocols.size >= MAX_REMEMBERED_ORIGINS) this.#protocols.clear();
    const { http } = this.#settings;
    // Over TLS, client and server agree by themselves (ALPN, RFC 7301)
    const asked = !origin.startsWith("http://") || this.#settings.proxy !== undefined
      ? { http: 1 } as const
      : http === "auto"
      ? askProtocol(origin)
      : { http };
    this.#protocols.set(origin, asked);
    if (asked instanceof Promise) asked.then((protocol) => this.#learn(origin, protocol));
    return asked;
  }

  #learn(origin: string, protocol: Protocol): void {
    this.#protocols.set(origin, protocol);
    const { http, maxStreams } = protocol;
    const streams = http === 1 ? "one request at a time" : `up to ${maxStreams ?? STREAMS_PER_CLIENT} requests at once`;
    this.#explain(`${splitCredentials(origin).url} speaks HTTP/${http === 1 ? "1.1" : 2}: ${streams} on a connection`);
  }

  #client({ http, maxStreams = STREAMS_PER_CLIENT }: Protocol, lane: number, attempt: number): Deno.HttpClient {
    const clients = this.#clients.get(http) ?? [];
    this.#clients.set(http, clients);
    const index = Math.floor(lane / Math.max(1, maxStreams)) + attempt - 1;
    return clients[index % this.#settings.clients] ??= Deno.createHttpClient(
      http === 2
        ? { ...clientOptions(this.#settings), http1: false, http2: true }
        : { ...clientOptions(this.#settings), poolMaxIdlePerHost: STREAMS_PER_CLIENT },
    );
  }
}
