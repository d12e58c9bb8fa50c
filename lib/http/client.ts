/**
 * An HTTP client over connections of our own: the one door to HTTP/1.1 and HTTP/2 without `fetch`.
 *
 * @module
 */

import type { Settings } from "../core/settings.ts";
import { Http1Client } from "./http1/client.ts";
import { type Send, sendOver } from "./send.ts";

/** What a {@linkcode Client} takes from the settings. */
export type ClientSettings = Pick<Settings, "http" | "caCerts" | "proxy" | "connections">;

/** Options of a {@linkcode Client}. */
export interface ClientOptions {
  /** Called, with a line each, when it is known what a server speaks. Default: none. */
  explain?: (line: string) => void;
}

/** Keeps connections to any number of servers, for one isolate. */
export class Client implements Disposable {
  /** Sends a request over a connection that is kept, or a new one. */
  readonly send: Send;
  readonly #http1: Http1Client;

  /**
   * Connects to nothing yet.
   *
   * @param settings Certificate authorities, proxy, and how many connections there may be. Default: the usual ones, none, no limit.
   * @param _options Where to report what each server speaks.
   */
  constructor(settings: ClientSettings = { http: "auto" }, _options: ClientOptions = {}) {
    this.#http1 = new Http1Client(settings);
    this.send = sendOver(this.#http1);
  }

  /** Closes the connections that have no request, and the others when they have ended theirs. */
  [Symbol.dispose](): void {
    this.#http1.close();
  }
}
