/**
 * A limit on connections: those beyond it are reset.
 *
 * A connection counts from its first request, since Deno.serve reports none before that.
 *
 * @module
 */

import { clientSocket, connectedClients, peerName, socketsAvailable } from "./client_socket.ts";

/** Resets the connections above a limit. */
export class ConnectionLimit {
  readonly #max: number;
  #admitted = new Set<string>();

  /**
   * No connections yet.
   *
   * @param max The limit.
   * @throws {Deno.errors.NotSupported} If connections can't be reset here; see client_socket.ts.
   */
  constructor(max: number) {
    if (!socketsAvailable()) {
      throw new Deno.errors.NotSupported("connections can be limited on Linux only, and with --allow-ffi");
    }
    this.#max = max;
  }

  /**
   * Admits a request if its connection is within the limit; resets the connection otherwise.
   *
   * @param client Where the request came from.
   * @returns Whether it was admitted.
   */
  admit(client: Deno.NetAddr): boolean {
    const name = peerName(client);
    if (this.#admitted.has(name)) return true;
    if (this.#admitted.size >= this.#max) this.#admitted = this.#admitted.intersection(connectedClients());
    if (this.#admitted.size >= this.#max) {
      clientSocket(client)?.reset();
      return false;
    }
    this.#admitted.add(name);
    return true;
  }
}
