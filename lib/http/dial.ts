/**
 * A connection from nothing: to the server or its proxy, through that if need be, and with TLS where the URL says so.
 *
 * @module
 */

import type { Settings } from "../core/settings.ts";
import { connectTcp } from "./connect.ts";
import { tcpAddress } from "./tcp_address.ts";
import { startTls } from "./tls.ts";

/** What a {@linkcode dial} needs. */
export interface DialOptions {
  /** Ends the attempt. */
  signal: AbortSignal;
  /** What may be spoken over TLS, the best first (ALPN, RFC 7301). */
  alpn: string[];
  /** Certificate authorities to trust besides the usual ones, in PEM. Default: none. */
  caCerts?: Settings["caCerts"];
}

/** A connection that was made. */
export interface Dialed {
  /** The connection. */
  conn: Deno.Conn;
  /** What the server has chosen; null without TLS, and if it says nothing. */
  protocol: string | null;
}

/**
 * Connects to a server.
 *
 * @param origin An http or https origin.
 * @param options What is spoken, and whom to trust.
 */
export async function dial(origin: URL, { signal, alpn, caCerts }: DialOptions): Promise<Dialed> {
  const { hostname, port } = tcpAddress(origin);
  const tcp = await connectTcp({ hostname, port, signal });
  tcp.setNoDelay(); // or else what follows waits for what is under way (RFC 896)
  return origin.protocol === "https:"
    ? await startTls(tcp, { hostname, signal, alpn, caCerts })
    : { conn: tcp, protocol: null };
}
