/**
 * A connection from nothing: to the server or its proxy, through that if need be, and with TLS where the URL says so.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Settings } from "../core/settings.ts";
import { connectAny } from "./connect_any.ts";
import { ConnectError } from "./connect_error.ts";
import type { Resolver } from "./resolver.ts";
import { tcpAddress } from "./tcp_address.ts";

/** What {@linkcode dial} needs. */
export interface DialOptions {
  /** Ends the attempt. */
  signal: AbortSignal;
  /** What may be spoken over TLS, the best first (ALPN, RFC 7301). */
  alpn: string[];
  /** Looks up hosts. */
  resolver: Resolver;
  /** The proxy, an http or https URL, with user and password if it wants them. Default: none. */
  proxy?: URL;
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
 * Connects to a server, through a tunnel if there is a proxy and the URL is secure; to the proxy itself if it isn't. Not for a
 * secure URL and a proxy that speaks TLS itself: Deno begins TLS on a TCP connection only.
 *
 * @param origin An http or https origin.
 * @param options What is spoken, and whom to trust.
 * @throws {ConnectError} If there is no such host, or the proxy makes no connection.
 * @throws {Error} What Deno throws if the server can't be reached, or isn't trusted; the signal's reason once it is aborted.
 */
export async function dial(origin: URL, options: DialOptions): Promise<Dialed> {
  const { signal, alpn, caCerts, proxy } = options;
  const isSecure = origin.protocol === "https:";
  if (!isSecure) {
    return { conn: await (proxy ? connectToProxy(proxy, options) : connect(origin, options)), protocol: null };
  }
  // Before there is a connection: nothing would close it that is aborted meanwhile
  const { startTls } = await import("./tls.ts");
  const { hostname, port } = tcpAddress(origin);
  if (proxy === undefined) return await startTls(await connect(origin, options), { hostname, signal, alpn, caCerts });
  const { openTunnel } = await import("./tunnel.ts");
  const conn = await connectToProxy(proxy, options);
  const to = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  await openTunnel(conn, { to, authorization: splitCredentials(proxy.href).authorization, signal });
  return await startTls(conn as Deno.TcpConn, { hostname, signal, alpn, caCerts });
}

async function connect(origin: URL, { resolver, signal }: DialOptions): Promise<Deno.TcpConn> {
  const { hostname, port } = tcpAddress(origin);
  const addresses = await resolver.resolve(hostname);
  try {
    const conn = await connectAny({ addresses, port, signal });
    conn.setNoDelay(); // or else what follows waits for what is under way (RFC 896)
    return conn;
  } catch (error) {
    if (!signal.aborted) resolver.forget(hostname);
    throw error;
  }
}

async function connectToProxy(proxy: URL, options: DialOptions): Promise<Deno.Conn> {
  const { signal, caCerts } = options;
  try {
    if (proxy.protocol !== "https:") return await connect(proxy, options);
    const { startTls } = await import("./tls.ts");
    const { hostname } = tcpAddress(proxy);
    return (await startTls(await connect(proxy, options), { hostname, signal, alpn: ["http/1.1"], caCerts })).conn;
  } catch (error) {
    if (signal.aborted || error instanceof ConnectError) throw error;
    // In fetch's words, by which the proxy is named
    if (error instanceof Deno.errors.ConnectionRefused) {
      throw new ConnectError("refused", `tcp connect error: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
