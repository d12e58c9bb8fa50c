/**
 * Opens a connection that speaks what its server does.
 *
 * @module
 */

import type { Dialed } from "./dial.ts";
import type { Http1Connection } from "./http1/connection.ts";
import { Http2Error } from "./http2/error.ts";
import { SharedConnection, type SharedOwner } from "./http2/shared.ts";
import { GREETING_TIMEOUT_MS, type Spoken, type Version } from "./spoken.ts";

/** What {@linkcode openConnection} needs to know. */
export interface OpenOptions {
  /** The origin. */
  name: string;
  /** The host that requests name, with the port if it isn't the scheme's. */
  authority: string;
  /** What the server speaks, which is noted as it is found out. */
  spoken: Spoken;
  /** Makes a connection that speaks one of the versions, the best first. */
  dial(signal: AbortSignal, versions: readonly Version[]): Promise<Dialed>;
  /** Whom a shared connection reports to. */
  owner: SharedOwner;
  /** Called when an HTTP/1.1 connection ends while it has no request. */
  onIdleEnd(connection: Http1Connection): void;
}

/**
 * Opens a connection.
 *
 * @param options Where to.
 * @param signal Ends the attempt.
 * @throws {Http2Error} If the server doesn't agree to HTTP/2 where nothing else will do.
 * @throws {Error} What dialling throws; the signal's reason once it is aborted.
 */
export async function openConnection(
  options: OpenOptions,
  signal: AbortSignal,
): Promise<SharedConnection | Http1Connection> {
  const { name, authority, spoken, owner } = options;
  const isSecure = name.startsWith("https:");
  const { offered } = spoken;
  const { conn, protocol } = await options.dial(signal, offered);
  const version = isSecure ? protocol === "h2" ? 2 : 1 : spoken.version;
  if (version === 1) {
    if (!offered.includes(1)) {
      conn.close();
      throw new Http2Error("protocol", `${name} doesn't agree to HTTP/2 (ALPN); ask for another version`);
    }
    spoken.learn(1);
    const { Http1Connection } = await import("./http1/connection.ts");
    return new Http1Connection(conn, options.onIdleEnd);
  }
  const shared = new SharedConnection(conn, { scheme: isSecure ? "https" : "http", authority, owner });
  if (version === 2 || await shared.greeting(GREETING_TIMEOUT_MS, signal)) return shared;
  signal.throwIfAborted();
  spoken.learn(1);
  return await openConnection(options, signal);
}
