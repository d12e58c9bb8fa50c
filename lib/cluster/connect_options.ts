/**
 * How to connect to a broker, in the words of its client.
 *
 * @module
 */

import { type ConnectionOptions, credsAuthenticator } from "@nats-io/transport-node";
import type { BrokerAddress } from "./broker_address.ts";
import type { TransportOptions } from "./transport.ts";

/** Milliseconds that an answer of the broker is waited for: a session has time for several tries before it must stop. */
export const ANSWER_MS = 2_000;

/** Milliseconds between two attempts to connect again. */
const RECONNECT_MS = 250;

/** How to connect. */
export interface ConnectOptions {
  /** What a credentials file says. Default: none. */
  credentials?: Uint8Array;
  /** Certificates to trust besides, as PEM. Default: the system's. */
  caCert?: string;
  /** Milliseconds that an answer is waited for. Default: 2,000. */
  answerMs?: number;
  /** Milliseconds after which a session is gone. Default: 15,000; every machine of a run must have the same. */
  liveTtlMs?: number;
}

/**
 * What the client takes.
 *
 * @internal
 */
export function connectionOptions(
  address: BrokerAddress,
  options: ConnectOptions,
): ConnectionOptions & TransportOptions {
  const { credentials, caCert, answerMs = ANSWER_MS } = options;
  const { login, server, isTls } = address;
  return {
    servers: server,
    name: "download.ts",
    timeout: answerMs,
    maxReconnectAttempts: -1,
    resolve: false, // Deno resolves names itself, and tries every address
    reconnectTimeWait: RECONNECT_MS,
    // A broker that starts may know its users a moment later; that mustn't end the connection for good.
    ignoreAuthErrorAbort: true,
    // A dead connection (a cable pulled) is found within 4 s, long before a session must stop.
    pingInterval: 2_000,
    // A stack trace for each request takes longer than the request
    noAsyncTraces: true,
    maxPingOut: 2,
    ...(isTls ? { tls: {} } : {}),
    caCert,
    ...(credentials ? { authenticator: credsAuthenticator(credentials) } : {}),
    ...(login && "token" in login ? { token: login.token } : login ? { user: login.user, pass: login.password } : {}),
  };
}
