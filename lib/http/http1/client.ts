/**
 * GET over HTTP/1.1 on connections that are kept, for saving very many files: `fetch` without what takes its time.
 *
 * `fetch` passes each body through several streams, and takes twice the CPU of a bare connection for a file of 10 KB. What
 * it does besides, and downloads need, is here: TLS, connections that the server has closed meanwhile. What isn't:
 * proxies, HTTP/2, redirects, a cache; and unpacking, which is the same for all clients (represent.ts).
 *
 * @module
 */

import { FILES_IN_FLIGHT } from "../../../constants.ts";
import type { Answer } from "../../core/answer.ts";
import { Http1Answer } from "./answer.ts";
import { Http1Body } from "./body.ts";
import { Http1Connection } from "./connection.ts";
import { Http1Error } from "./error.ts";
import { isomorphicEncode } from "../../core/isomorphic.ts";
import type { Settings } from "../../core/settings.ts";

/**
 * Connections over HTTP/1.1 that are kept without a request, in each isolate: one for each file at once. Above it the one
 * that has waited longest is closed, so that a list of many hosts doesn't take up all open files.
 */
export const MAX_IDLE_CONNECTIONS: number = FILES_IN_FLIGHT;

/** What a request needs besides its URL. */
export interface GetOptions {
  /** The headers, besides those that the connection needs. */
  headers: HeadersInit;
  /** Ends the request, and its answer, whose reading then fails. */
  signal: AbortSignal;
}

/** Keeps connections, each for one request at a time. */
export class Http1Client {
  readonly #caCerts: string[] | undefined;
  readonly #maxIdle: number;
  /** The connections without a request, by their origin, those that have waited longest first. */
  readonly #idle = new Map<string, Http1Connection[]>();
  /** The same, of all origins together, with their origins. */
  readonly #idleByAge = new Map<Http1Connection, string>();
  /** What headers are on the wire: nearly always the same object is sent. */
  readonly #lines = new WeakMap<HeadersInit, HeaderLines>();
  #isClosed = false;

  /**
   * Connects to nothing yet.
   *
   * @param settings Certificate authorities to trust besides the usual ones (default: none), and how many connections are
   * kept without a request at most (default: `MAX_IDLE_CONNECTIONS`).
   */
  constructor({ caCerts, maxIdle = MAX_IDLE_CONNECTIONS }: Pick<Settings, "caCerts"> & { maxIdle?: number } = {}) {
    this.#caCerts = caCerts;
    this.#maxIdle = maxIdle;
  }

  /**
   * Gets a URL. A redirect is an answer like any other.
   *
   * @param url An http or https URL. User and password in it aren't sent.
   * @param options The headers, and what ends the request. Unless they say otherwise, the body may come packed in gzip or
   * Brotli, but not a part of it (`range`).
   * @returns The answer, once its head is there. Its body has to be read or cancelled.
   * @throws {Http1Error} If there is no answer, or none of HTTP/1.1.
   * @throws {TypeError} If the URL isn't one, or a header can't be sent.
   * @throws {Error} What Deno throws if the server can't be reached; the signal's reason once it is aborted.
   */
  async get(url: string, { headers, signal }: GetOptions): Promise<Answer> {
    const to = new URL(url);
    const { lines, hasHost } = this.#linesOf(headers);
    const host = hasHost ? "" : `host: ${to.host}\r\n`;
    const request = isomorphicEncode(`GET ${to.pathname}${to.search} HTTP/1.1\r\n${host}${lines}\r\n`);
    let kept = this.#take(to.origin);
    while (true) {
      const connection = kept ??
        await Http1Connection.open(to, { signal, caCerts: this.#caCerts, onIdleEnd: this.#forget });
      try {
        signal.throwIfAborted();
        signal.addEventListener("abort", connection.close);
        let sent = await connection.write(request);
        while (sent < request.length) sent += await connection.write(request.subarray(sent));
        if (connection.hasSpoken) throw new Http1Error("closed", "something came that answers no request");
        const head = await connection.head();
        const onEnd = (isWhole: boolean) =>
          this.#release(connection, signal, isWhole && head.isKept ? to.origin : undefined);
        const body = head.framing === 0 ? undefined : new Http1Body(connection, { framing: head.framing, onEnd });
        if (body === undefined) onEnd(true);
        return new Http1Answer(url, head, body);
      } catch (error) {
        this.#release(connection, signal);
        signal.throwIfAborted();
        // The server may close a connection that has nothing to do just when it is used again (RFC 9112 §9.3.1)
        const isStale = kept?.waiting === 0 && !(error instanceof Http1Error && error.kind === "protocol");
        if (!isStale) throw error;
        kept = undefined;
      }
    }
  }

  /** Closes the connections that have no request, and the others when they have ended theirs. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idleByAge.keys()) connection.close();
    this.#idleByAge.clear();
    this.#idle.clear();
  }

  #linesOf(headers: HeadersInit): HeaderLines {
    let lines = this.#lines.get(headers);
    if (lines === undefined) this.#lines.set(headers, lines = headerLines(headers));
    return lines;
  }

  /** The latest connection to an origin that has no request. */
  #take(origin: string): Http1Connection | undefined {
    const idle = this.#idle.get(origin);
    const connection = idle?.pop();
    if (connection) this.#idleByAge.delete(connection);
    if (idle?.length === 0) this.#idle.delete(origin);
    return connection;
  }

  /** Ends what a request had to do with a connection, and keeps it for others to the same origin if there is one. */
  #release(connection: Http1Connection, signal: AbortSignal, origin?: string): void {
    signal.removeEventListener("abort", connection.close);
    // What comes after a response is the answer to no request
    if (origin === undefined || this.#isClosed || signal.aborted || connection.waiting > 0) return connection.close();
    connection.idle();
    const idle = this.#idle.get(origin);
    if (idle) idle.push(connection);
    else this.#idle.set(origin, [connection]);
    this.#idleByAge.set(connection, origin);
    if (this.#idleByAge.size > this.#maxIdle) this.#closeOldest();
  }

  #closeOldest(): void {
    for (const connection of this.#idleByAge.keys()) return this.#forget(connection);
  }

  /** Closes a connection that has no request. */
  readonly #forget = (connection: Http1Connection): void => {
    const origin = this.#idleByAge.get(connection);
    if (origin === undefined) return;
    this.#idleByAge.delete(connection);
    const idle = this.#idle.get(origin);
    idle?.splice(idle.indexOf(connection), 1);
    if (idle?.length === 0) this.#idle.delete(origin);
    connection.close();
  };
}

/** Headers as they are sent. */
interface HeaderLines {
  /** A line each, with its end. */
  lines: string;
  /** Whether `host` is among them. */
  hasHost: boolean;
}

/** Headers that say something about the request's body, and a GET has none. */
const OF_A_BODY = ["content-length", "transfer-encoding"];

function headerLines(init: HeadersInit): HeaderLines {
  const headers = new Headers(init);
  for (const name of OF_A_BODY) headers.delete(name);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", headers.has("range") ? "identity" : "gzip, br");
  if (!headers.has("accept")) headers.set("accept", "*/*");
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}\r\n`).join("");
  return { lines, hasHost: headers.has("host") };
}
