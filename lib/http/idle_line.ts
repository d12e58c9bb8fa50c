/**
 * HTTP/1.1 connections to a server that have no request, those that have waited longest first.
 *
 * @module
 */

import type { Http1Connection } from "./http1/connection.ts";
import type { Request } from "./request.ts";

/** A line that is left from both ends: the latest is used next, and the oldest is closed next. */
export class IdleLine {
  readonly #connections: Http1Connection[] = [];

  /** How many there are. */
  get length(): number {
    return this.#connections.length;
  }

  /** Adds one, the latest. */
  push(connection: Http1Connection): void {
    this.#connections.push(connection);
  }

  /** The latest that a request may go over; it stays in the line. */
  latestFor(request: Request): Http1Connection | undefined {
    if (request.needsFresh) return undefined;
    return this.#connections.findLast(({ parity }) => parity === request.parity);
  }

  /** Takes one out. */
  remove(connection: Http1Connection): void {
    const all = this.#connections;
    if (all.at(-1) === connection) all.pop();
    else if (all[0] === connection) all.shift(); // `splice` would move all others
    else {
      const at = all.indexOf(connection);
      if (at >= 0) all.splice(at, 1);
    }
  }
}
