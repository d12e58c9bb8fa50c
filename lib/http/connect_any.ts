/**
 * A connection to whichever address of a host answers first (RFC 8305 §5).
 *
 * @module
 */

import { connectTcp, type ConnectTcpOptions } from "./connect.ts";

/** Milliseconds that each attempt is ahead of the next (RFC 8305 §8). */
const STAGGER_MS = 250;

/** Where to, and how. */
export interface ConnectAnyOptions extends Omit<ConnectTcpOptions, "hostname"> {
  /** The addresses, the best first; one at least. */
  addresses: readonly string[];
  /** Milliseconds that each attempt is ahead of the next. Default: `STAGGER_MS`. */
  staggerMs?: number;
  /** Connects to one. Default: over TCP. */
  connect?: (options: ConnectTcpOptions) => Promise<Deno.TcpConn>;
}

/**
 * Connects to one address after another, and doesn't wait for long before it tries the next: at once if one fails.
 *
 * @param options Where to, and what ends it.
 * @throws {Error} What the last attempt to fail threw; the signal's reason once it is aborted.
 */
export async function connectAny(
  { addresses, port, signal, staggerMs = STAGGER_MS, connect = connectTcp }: ConnectAnyOptions,
): Promise<Deno.TcpConn> {
  if (addresses.length === 1) return await connect({ hostname: addresses[0], port, signal });
  signal.throwIfAborted();
  const aborter = new AbortController();
  const abort = () => aborter.abort(signal.reason);
  signal.addEventListener("abort", abort);
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let next = 0;
  let failed = 0;
  let isOver = false;
  const attempt = () => {
    clearTimeout(timer);
    if (isOver || next >= addresses.length) return;
    connect({ hostname: addresses[next++], port, signal: aborter.signal }).then((conn) => {
      if (isOver) return conn.close();
      isOver = true;
      resolve(conn);
    }, (error) => {
      if (++failed === addresses.length || signal.aborted) reject(error);
      else attempt();
    });
    timer = setTimeout(attempt, staggerMs);
  };
  attempt();
  try {
    return await promise;
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    aborter.abort();
  }
}
