/**
 * TLS over a connection that is there (RFC 8446): certificates, names, and what is spoken inside (ALPN, RFC 7301).
 *
 * @module
 */

import { Http1Error } from "./http1/error.ts";

/** What a connection is made secure with. */
export interface TlsOptions {
  /** The name that the certificate must be for: a host's, or an address without brackets. */
  hostname: string;
  /** Ends the handshake. */
  signal: AbortSignal;
  /** What may be spoken inside, the best first. */
  alpn: string[];
  /** Certificate authorities to trust besides the usual ones, in PEM. Default: none. */
  caCerts?: string[];
}

/** A secure connection. */
export interface Secured {
  /** The connection. */
  conn: Deno.TlsConn;
  /** What is spoken inside; null if the server says nothing about it. */
  protocol: string | null;
}

/**
 * Makes a connection secure. One that can't be is closed.
 *
 * @param tcp The connection.
 * @param options Whom it must lead to.
 * @throws {Http1Error} Of kind `reset` if it is cut during the handshake.
 * @throws {Error} What Deno throws if the server shows no certificate to trust; the signal's reason once it is aborted.
 */
export async function startTls(tcp: Deno.TcpConn, { hostname, signal, alpn, caCerts }: TlsOptions): Promise<Secured> {
  let conn: Deno.TcpConn | Deno.TlsConn = tcp;
  const close = () => closeConn(conn);
  signal.addEventListener("abort", close);
  try {
    const tls = await Deno.startTls(tcp, { hostname, caCerts, alpnProtocols: alpn });
    conn = tls;
    signal.throwIfAborted();
    const { alpnProtocol } = await tls.handshake();
    signal.throwIfAborted();
    return { conn: tls, protocol: alpnProtocol };
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : cutOff(error, "during the TLS handshake");
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/**
 * What a TLS connection throws when it is cut, in our words: it ends without a close_notify, so that nobody can say whether
 * what came is all there was (RFC 8446 §6.1), or its records are broken.
 *
 * @param error What it threw.
 * @param when When that was, for the message.
 * @returns The same error if it was none of these.
 */
export function cutOff(error: unknown, when: string): unknown {
  if (error instanceof Deno.errors.UnexpectedEof) {
    return new Http1Error("reset", `connection cut off ${when}`, { cause: error });
  }
  const isBroken = error instanceof Deno.errors.InvalidData && /cannot decrypt|corrupt message/.test(error.message);
  return isBroken ? new Http1Error("reset", `connection broken: ${error.message}`, { cause: error }) : error;
}

/** Closes a connection that may have been closed before. */
export function closeConn(conn: Pick<Deno.Conn, "close">): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
