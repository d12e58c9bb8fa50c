/**
 * A tunnel through an HTTP proxy (CONNECT, RFC 9110 §9.3.6).
 *
 * @module
 */

import { isomorphicEncode } from "../core/isomorphic.ts";
import { ConnectError } from "./connect_error.ts";
import { headEnd, MAX_HEAD_BYTES, parseHead } from "./http1/head.ts";
import { closeConn } from "./tls.ts";

/** What a tunnel needs. */
export interface TunnelOptions {
  /** Where it leads: a host and a port. */
  to: string;
  /** The value of a `proxy-authorization` header. Default: none is sent. */
  authorization?: string;
  /** Ends the attempt. */
  signal: AbortSignal;
}

/**
 * Asks a proxy for a tunnel. A connection on which there is none is closed.
 *
 * @param conn A connection to the proxy.
 * @param options Where the tunnel leads.
 * @throws {ConnectError} Of kind `proxy-auth` if the proxy wants another user, or `tunnel` if it makes none.
 * @throws {Error} What Deno throws if the connection breaks; the signal's reason once it is aborted.
 */
export async function openTunnel(conn: Deno.Conn, { to, authorization, signal }: TunnelOptions): Promise<void> {
  const close = () => closeConn(conn);
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    const auth = authorization === undefined ? "" : `proxy-authorization: ${authorization}\r\n`;
    const request = isomorphicEncode(`CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\n${auth}\r\n`);
    for (let sent = 0; sent < request.length;) sent += await conn.write(request.subarray(sent));
    const status = await statusOf(conn);
    if (status === 407) throw new ConnectError("proxy-auth", "proxy authentication required");
    if (status < 200 || status > 299) throw new ConnectError("tunnel", `unsuccessful tunnel: status ${status}`);
  } catch (error) {
    close();
    if (signal.aborted) throw signal.reason;
    if (error instanceof ConnectError) throw error;
    const { message } = error as Error;
    throw new ConnectError("tunnel", `error while tunneling: ${message}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** Reads the head of the proxy's answer, byte by byte at its end: what follows is the server's already. */
async function statusOf(conn: Deno.Conn): Promise<number> {
  const head = new Uint8Array(MAX_HEAD_BYTES);
  let length = 0;
  while (length < head.length) {
    const read = await conn.read(head.subarray(length, length + 1_024));
    if (read === null) throw new ConnectError("tunnel", "unsuccessful tunnel: the proxy closed the connection");
    length += read;
    const end = headEnd(head.subarray(0, length));
    if (end < 0) continue;
    const { status } = parseHead(head.subarray(0, end));
    // In a tunnel the client speaks first, so whatever comes before that is nothing that a TLS server has sent
    if (status < 300 && end < length) throw new ConnectError("tunnel", "unsuccessful tunnel: more came than its head");
    return status;
  }
  throw new ConnectError("tunnel", `unsuccessful tunnel: a head of more than ${MAX_HEAD_BYTES} bytes`);
}
