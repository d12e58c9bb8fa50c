/**
 * A limit on the bytes per second of each connection, which all its streams share.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { peerName } from "./client_socket.ts";

/** Connections remembered at most; beyond that, the one that sent longest ago is forgotten. */
const MAX_CONNECTIONS = 16_384;
/** The time that a piece takes, so that a body flows rather than comes in bursts. */
const PIECE_MS = 50;

/** What a body has to wait for. */
export interface Pace {
  /** Bytes to send at once. */
  pieceSize: number;
  /** Resolves when these bytes may go, after those that were asked for before on the same connection. */
  wait: (bytes: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps the bodies of each connection to a rate. */
export class ConnectionPace {
  #freeAt = new Map<string, number>();

  /**
   * What a body has to wait for.
   *
   * @param client Whose connection it is sent over.
   * @param rate Bytes per second, 1 or more.
   */
  of(client: Deno.NetAddr, rate: number): Pace {
    const name = peerName(client);
    return {
      pieceSize: Math.min(65_536, Math.max(1, Math.floor(rate * PIECE_MS / 1_000))),
      wait: async (bytes: number, signal: AbortSignal) => {
        const now = performance.now();
        const freeAt = Math.max(now, this.#freeAt.get(name) ?? 0) + bytes / rate * 1_000;
        this.#freeAt.delete(name);
        this.#freeAt.set(name, freeAt);
        if (this.#freeAt.size > MAX_CONNECTIONS) this.#freeAt.delete(this.#freeAt.keys().next().value ?? name);
        if (freeAt - now >= 1) await delay(freeAt - now, { signal });
      },
    };
  }
}
