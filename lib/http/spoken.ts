/**
 * What one server speaks, as far as is known, and how that is found out.
 *
 * Over TLS the server agrees to a version (ALPN, RFC 7301). Without it, an HTTP/2 greeting is sent on the first connection,
 * which only a server that speaks HTTP/2 answers in kind (RFC 9113 §3.3).
 *
 * @module
 */

import type { HttpChoice } from "../core/settings.ts";
import { Http1Error } from "./http1/error.ts";
import { Http2Error } from "./http2/error.ts";

/** Milliseconds to wait for a server's greeting before HTTP/1.1 is assumed: a round trip to the other side of the world. */
export const GREETING_TIMEOUT_MS = 1_000;

/** A version of HTTP. */
export type Version = 1 | 2;

/** What {@linkcode Spoken} needs to know. */
export interface SpokenOptions {
  /** The origin, for messages. */
  name: string;
  /** The HTTP version that was asked for. */
  http: HttpChoice;
  /** Whether requests go through a proxy that reads them, which is HTTP/1.1. */
  isProxied: boolean;
  /** Called with what the server speaks, in a line. */
  explain(line: string): void;
}

/** What a server speaks. */
export class Spoken {
  /** The version; undefined as long as it isn't known. */
  version: Version | undefined;
  /** Requests on a shared connection, as far as is known. */
  streams: number | undefined;
  /** Whether the server is greeted over HTTP/2 to find out. */
  isAsking: boolean;
  readonly #options: SpokenOptions;
  readonly #isSecure: boolean;
  #isExplained = false;

  /**
   * Knows what was asked for.
   *
   * @param options The server, and what is asked for.
   */
  constructor(options: SpokenOptions) {
    const { name, http, isProxied } = options;
    this.#options = options;
    this.#isSecure = name.startsWith("https:");
    this.isAsking = !this.#isSecure && http === "auto" && !isProxied;
    if (isProxied) this.version = 1;
    else if (http === 1 || http === 2) this.version = http;
    else if (!this.#isSecure && !this.isAsking) this.version = 1;
  }

  /** The versions to offer over TLS, the best first. */
  get offered(): readonly Version[] {
    return this.#options.http === 2 ? [2] : this.version === 1 ? [1] : [2, 1];
  }

  /** Notes what the server speaks. */
  learn(version: Version, streams?: number): void {
    this.version = version;
    this.streams = streams;
    if (this.#isExplained) return;
    this.#isExplained = true;
    const many = version === 1 ? "one request at a time" : `up to ${streams} requests at once`;
    this.#options.explain(`${this.#options.name} speaks HTTP/${version === 1 ? "1.1" : 2}: ${many} on a connection`);
  }

  /** Notes that a connection has ended before the server greeted on it. */
  forget(): void {
    if (this.isAsking) this.version = undefined;
  }

  /**
   * Notes what an error says about it.
   *
   * @returns Whether HTTP/2 connections are of no use any more.
   */
  learnFrom(error: unknown): boolean {
    const { http } = this.#options;
    if (error instanceof Http2Error && error.needsHttp1 && http !== 2) {
      this.version = 1; // RFC 9113 §7
      return true;
    }
    if (error instanceof Http1Error && error.needsHttp2 && this.#mayTurn) {
      this.isAsking = true; // whatever is started there next may speak HTTP/1.1
      this.#isExplained = false;
      this.version = 2;
    } else if (error instanceof Http1Error && error.kind === "protocol") {
      this.forget(); // what it spoke when it was asked may not be what it speaks
    }
    return false;
  }

  /** Whether it may turn out to speak HTTP/2 where it was asked in HTTP/1.1. */
  get #mayTurn(): boolean {
    const { http, isProxied } = this.#options;
    return !this.#isSecure && http !== 1 && !isProxied;
  }
}
