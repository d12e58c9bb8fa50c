/**
 * Keeps a site on its port until it is stopped, even when file descriptors run out.
 *
 * @module
 */

import { TCP_BACKLOG } from "../constants.ts";
import { internalError } from "./errors.ts";

/**
 * Milliseconds until a server that ran out of file descriptors listens again. Whoever connects meanwhile is refused
 * at once, which is better than being reset after having been accepted: that is what listening without any free would do.
 */
const RELISTEN_MS = 50;

/** Where to serve, and where problems are reported. */
export interface ServeOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port; 0 for any that is free. */
  port: number;
  /** The certificate for TLS, and HTTP/2 by ALPN, with its key, both PEM. Default: no TLS. */
  cert?: string;
  /** See `cert`. */
  key?: string;
  /** Called when the server can't accept connections and tries again. Default: none. */
  onTrouble?: (error: unknown) => void;
}

/** A site on its port. */
export interface Served extends AsyncDisposable {
  /** Where it is, for example `http://127.0.0.1:8000/`. */
  url: string;
  /** Breaks all connections off, and refuses new ones for so many milliseconds. */
  restart(downMs: number): void;
  /** Accepts nothing more, and resolves when all requests are answered. */
  shutdown(): Promise<void>;
}

/**
 * Serves on one port, HTTP/1.1 and HTTP/2 without TLS (by prior knowledge) alike.
 *
 * @param handler Answers the requests, for example a Hono app's `fetch`.
 * @param options Where to serve.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function serve(handler: Deno.ServeHandler<Deno.NetAddr>, options: ServeOptions): Served {
  let stopping = false;
  let breaker = new AbortController();
  let retry: ReturnType<typeof setTimeout> | undefined;
  let server = listen(options.port);
  const { hostname, port } = server.addr;

  function listen(port: number) {
    breaker = new AbortController();
    const { cert, key } = options;
    const server = Deno.serve({
      ...cert !== undefined && key !== undefined ? { cert, key } : {},
      signal: breaker.signal,
      hostname: options.hostname,
      port,
      tcpBacklog: TCP_BACKLOG,
      onListen() {},
      onError: internalError,
    }, handler);
    server.finished.catch(listenAgain);
    return server;
  }

  // Deno.serve gives up when accepting fails, as it does when descriptors run out. The connections it has stay
  // served; only the listener is gone.
  function listenAgain(error: unknown) {
    if (stopping) return;
    options.onTrouble?.(error);
    listenLater(RELISTEN_MS);
  }

  function listenLater(ms: number) {
    retry = setTimeout(() => {
      try {
        server = listen(port);
      } catch (error) {
        listenAgain(error);
      }
    }, ms);
  }

  function restart(downMs: number) {
    if (stopping) return;
    clearTimeout(retry);
    breaker.abort();
    listenLater(downMs);
  }

  async function shutdown() {
    stopping = true;
    clearTimeout(retry);
    await server.shutdown();
  }

  const scheme = options.cert === undefined ? "http" : "https";
  return { url: `${scheme}://${urlHost(hostname)}:${port}/`, restart, shutdown, [Symbol.asyncDispose]: shutdown };
}

/** An address as it stands in a URL; one that means every interface as the one that leads back here. */
function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  if (hostname === "::") return "[::1]";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
