/**
 * A pool of HttpClients. One client keeps one HTTP/2 connection to a host, and the server caps the requests on it, so
 * several clients carry several times as many.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS, STREAMS_PER_CLIENT } from "../../constants.ts";
import { ConnectionLimit, type OriginConnections } from "./connection_limit.ts";
import { splitCredentials } from "../core/credentials.ts";
import type { Job } from "../core/download.ts";
import { clientOptions, type NetworkSettings } from "./client_options.ts";
import { askProtocol, type Protocol } from "./protocol.ts";
import { proxyFor } from "./proxied.ts";
import type { Settings } from "../core/settings.ts";

/**
 * HTTP/2 connections to a server over TLS that requests are spread over before any is full. On one alone, requests wait for
 * each other's packets to be acknowledged (Deno's fetch leaves Nagle's algorithm on, RFC 896): 10,000 files of 10 KB took
 * 3.0 s on one, 1.4 s on eight, and no less on more. Browsers open six to a server over HTTP/1.1.
 */
export const CLIENTS_ABREAST = 8;

/** Options of a pool. */
export type PoolSettings = Pick<Settings, "clients" | "http" | "output" | "connections"> & NetworkSettings;

/** What a {@linkcode ClientPool} is made with. */
export interface PoolOptions {
  /** Makes a client. Default: `Deno.createHttpClient`. */
  create?: (options: Deno.CreateHttpClientOptions) => Deno.HttpClient;
  /** Called, with a line each, when it is known what a server speaks. Default: none. */
  explain?: (line: string) => void;
}

/** What a client speaks: one version, or over TLS what it agrees on with the server (ALPN, RFC 7301). */
type Speaks = 1 | 2 | "alpn";

const CLIENT_OPTIONS: Record<Speaks, Deno.CreateHttpClientOptions> = {
  1: { http1: true, http2: false, poolMaxIdlePerHost: STREAMS_PER_CLIENT },
  2: { http1: false, http2: true },
  alpn: { poolMaxIdlePerHost: STREAMS_PER_CLIENT },
};

/** How an origin is asked. */
interface Way {
  speaks: Speaks;
  /** Requests at once on one client. */
  streams: number;
  /** Clients that are filled at the same time, before further ones are opened. */
  abreast: number;
}

/** The clients of one isolate, each kind opened as lanes need it. */
export class ClientPool implements Disposable {
  readonly #clients: Record<Speaks, Deno.HttpClient[]> = { 1: [], 2: [], alpn: [] };
  readonly #ways = new Map<string, Way | Promise<Way>>();
  /** Bounds the connections of `fetch`, but for HTTP/2 by prior knowledge, which has few; undefined when no limit is known. */
  readonly #connections: ConnectionLimit | undefined;
  /** What each lane has acquired of it. */
  readonly #acquired: (OriginConnections | undefined)[] = [];
  readonly #settings: PoolSettings;
  readonly #create: (options: Deno.CreateHttpClientOptions) => Deno.HttpClient;
  readonly #explain: (line: string) => void;

  /**
   * Makes a pool that opens its clients when they are first needed.
   *
   * @param settings How many clients it may have, and what they speak. Default: what the servers make useful.
   * @param options How clients are made, and where to report what each server speaks.
   */
  constructor(
    settings: PoolSettings = { clients: Infinity, http: "auto" },
    { create = Deno.createHttpClient, explain = () => {} }: PoolOptions = {},
  ) {
    this.#settings = settings;
    this.#create = create;
    this.#explain = explain;
    if (settings.connections) this.#connections = new ConnectionLimit(settings.connections, () => this.#closeIdle());
  }

  /** Clients that have been opened. */
  get size(): number {
    // Attempts may begin with the second client, so there may be gaps
    return Object.values(this.#clients).reduce((total, clients) => total + clients.filter(Boolean).length, 0);
  }

  /**
   * The client for an attempt, to be given back by {@linkcode release}. Lanes fill one client's streams before they open
   * the next, over TLS several at a time; a further attempt goes over another one.
   *
   * @param job What will be downloaded.
   * @param lane The lane that does it, from 0.
   * @returns A client that speaks what the URL's server speaks, which is found out once per origin.
   */
  pick(job: Job, lane: number): Deno.HttpClient | Promise<Deno.HttpClient> {
    const slash = job.url.indexOf("/", "https://".length);
    const origin = slash < 0 ? job.url : job.url.slice(0, slash);
    const way = this.#ways.get(origin) ?? this.#wayTo(origin);
    return way instanceof Promise ? way.then((way) => this.#connect(way, job, lane)) : this.#connect(way, job, lane);
  }

  /** Notes that the request of a lane has ended. */
  release(lane: number): void {
    const acquired = this.#acquired[lane];
    if (acquired === undefined) return;
    this.#acquired[lane] = undefined;
    this.#connections?.release(acquired);
  }

  /** Closes all clients, and with them their connections. */
  [Symbol.dispose](): void {
    for (const clients of Object.values(this.#clients)) clients.forEach((client) => client.close());
  }

  #wayTo(origin: string): Way | Promise<Way> {
    if (this.#ways.size >= MAX_REMEMBERED_ORIGINS) this.#ways.clear();
    const { http } = this.#settings;
    const isPlain = origin.startsWith("http://");
    const way = http === "auto" && isPlain && proxyFor(origin, this.#settings) === undefined ? this.#ask(origin) : {
      speaks: http === 1 || http === 2 ? http : isPlain ? 1 : "alpn",
      streams: STREAMS_PER_CLIENT,
      abreast: isPlain || http === 1 ? 1 : CLIENTS_ABREAST,
    } as const;
    this.#ways.set(origin, way);
    return way;
  }

  async #ask(origin: string): Promise<Way> {
    const acquired = await this.#connections?.acquire(origin);
    try {
      return this.#learn(origin, await askProtocol(origin));
    } finally {
      if (acquired) this.#connections?.release(acquired);
    }
  }

  #learn(origin: string, { http, maxStreams }: Protocol): Way {
    const way = { speaks: http, streams: Math.max(1, maxStreams ?? STREAMS_PER_CLIENT), abreast: 1 };
    this.#ways.set(origin, way);
    const streams = http === 1 ? "one request at a time" : `up to ${way.streams} requests at once`;
    this.#explain(`${splitCredentials(origin).url} speaks HTTP/${http === 1 ? "1.1" : 2}: ${streams} on a connection`);
    return way;
  }

  #connect(way: Way, { url, attempt }: Job, lane: number): Deno.HttpClient | Promise<Deno.HttpClient> {
    if (this.#connections === undefined || way.speaks === 2) return this.#client(way, lane, attempt);
    const acquired = this.#connections.acquire(url);
    if (!(acquired instanceof Promise)) {
      this.#acquired[lane] = acquired;
      return this.#client(way, lane, attempt);
    }
    return acquired.then((acquired) => {
      this.#acquired[lane] = acquired;
      return this.#client(way, lane, attempt);
    });
  }

  #closeIdle(): void {
    for (const speaks of [1, "alpn"] as const) {
      for (const client of this.#clients[speaks].splice(0)) client?.close();
    }
  }

  #client({ speaks, streams, abreast }: Way, lane: number, attempt: number): Deno.HttpClient {
    const filled = lane < streams * abreast ? lane % abreast : Math.floor(lane / streams);
    const index = (filled + attempt - 1) % this.#settings.clients;
    return this.#clients[speaks][index] ??= this.#open(speaks);
  }

  #open(speaks: Speaks): Deno.HttpClient {
    return this.#create({ ...clientOptions(this.#settings), ...CLIENT_OPTIONS[speaks] });
  }
}
