/**
 * A pool of HttpClients. One client keeps one HTTP/2 connection to a host, and the server caps the requests on it, so
 * several clients carry several times as many.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS, STREAMS_PER_CLIENT } from "../constants.ts";
import type { Job } from "./download.ts";
import { askProtocol } from "./protocol.ts";

/** 2: HTTP/2 by prior knowledge. 1: HTTP/1.1, or over TLS what ALPN (RFC 7301) agrees on. */
type Http = 1 | 2;
const ALPN: Http = 1;

/** The clients of one isolate: HTTP/2 by prior knowledge where a server speaks it, otherwise what TLS or HTTP/1.1 give. */
export class HttpPool implements Disposable {
  readonly #size: number;
  readonly #clients = new Map<Http, Deno.HttpClient[]>();
  readonly #protocols = new Map<string, Http | Promise<Http>>();

  /**
   * Makes a pool that opens its clients when they are first needed.
   *
   * @param inFlight Requests the pool must carry at once: decides how many clients it has.
   */
  constructor(inFlight: number) {
    this.#size = Math.max(2, Math.ceil(inFlight / STREAMS_PER_CLIENT));
  }

  /**
   * The client for an attempt: jobs go round all clients, and each further attempt goes to the next one.
   *
   * @param job What will be downloaded.
   * @returns A client that speaks what the URL's server speaks, which is found out once per origin.
   */
  pick(job: Job): Deno.HttpClient | Promise<Deno.HttpClient> {
    const slash = job.url.indexOf("/", "https://".length);
    const origin = slash < 0 ? job.url : job.url.slice(0, slash);
    const http = this.#protocols.get(origin) ?? this.#ask(origin);
    return typeof http === "number" ? this.#client(http, job) : http.then((http) => this.#client(http, job));
  }

  /** Closes all clients, and with them their connections. */
  [Symbol.dispose](): void {
    for (const clients of this.#clients.values()) for (const client of clients) client.close();
  }

  #ask(origin: string): Http | Promise<Http> {
    if (this.#protocols.size >= MAX_REMEMBERED_ORIGINS) this.#protocols.clear();
    const asked = origin.startsWith("http://") ? askProtocol(origin).then(({ http }) => http) : ALPN;
    this.#protocols.set(origin, asked);
    if (asked instanceof Promise) asked.then((http) => this.#protocols.set(origin, http));
    return asked;
  }

  #client(http: Http, job: Job): Deno.HttpClient {
    let clients = this.#clients.get(http);
    if (!clients) {
      clients = Array.from({ length: this.#size }, () => Deno.createHttpClient({ http1: http === 1, http2: true }));
      this.#clients.set(http, clients);
    }
    return clients[(job.id + job.attempt - 1) % clients.length];
  }
}
