/**
 * What went wrong at the broker, in one line that says what to do, whatever the client and the server call it.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import { printableLine } from "../core/printable.ts";

/**
 * What went wrong: the broker doesn't answer, and what was sent may have been done all the same; it refuses the login or a
 * right; its storage is full; the message is too large for it; somebody else was first; a stream is gone; it can't do what
 * is asked of it; or anything else.
 */
export type BrokerErrorKind =
  | "unreachable"
  | "unauthorized"
  | "storage-full"
  | "too-large"
  | "conflict"
  | "missing"
  | "unsupported"
  | "other";

/** The broker, or the way to it, failed. */
export class BrokerError extends CommandError {
  /** Its class. */
  override readonly name = "BrokerError";
  /** What went wrong, in a word. */
  readonly kind: BrokerErrorKind;

  /**
   * Makes the error.
   *
   * @param kind What went wrong, in a word.
   * @param message The same in one line without a final period.
   * @param options What caused it.
   */
  constructor(kind: BrokerErrorKind, message: string, options: ErrorOptions = {}) {
    super(printableLine(message), options);
    this.kind = kind;
  }
}

/** What the server's error codes mean: https://github.com/nats-io/nats-server/blob/v2.9.10/server/errors.json */
const CODES: Record<number, BrokerErrorKind> = {
  10023: "storage-full", // insufficient resources
  10028: "storage-full", // memory resources exceeded
  10047: "storage-full", // insufficient storage resources available
  10077: "storage-full", // the stream's store failed: maximum messages or bytes exceeded, or the disk itself
  10110: "too-large", // message size exceeds the stream's maximum
  10054: "too-large", // message size exceeds the maximum allowed
  10071: "conflict", // wrong last sequence
  10070: "conflict", // wrong last message id
  10164: "conflict", // wrong last sequence, the right one isn't said
  10058: "conflict", // stream name already in use with another configuration
  10065: "conflict", // subjects overlap with an existing stream
  10059: "missing", // stream not found
  10037: "missing", // no message found
  10039: "unsupported", // JetStream not enabled for account
  10076: "unsupported", // JetStream not enabled
  10074: "unsupported", // replicas > 1 not supported in non-clustered mode
  10008: "unreachable", // JetStream system temporarily unavailable
  10009: "unreachable", // the cluster has no leader
};

/** What the client's errors mean. */
const NAMES: Record<string, BrokerErrorKind> = {
  TimeoutError: "unreachable",
  ConnectionError: "unreachable",
  ClosedConnectionError: "unreachable",
  DrainingConnectionError: "unreachable",
  NoRespondersError: "unreachable",
  RequestError: "unreachable",
  JetStreamNotEnabled: "unreachable", // that's what the client makes of "no responders", also while a broker starts
  AuthorizationError: "unauthorized",
  UserAuthenticationExpiredError: "unauthorized",
  PermissionViolationError: "unauthorized",
};

/** What Deno's sockets end with. */
const SOCKET = [
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
  Deno.errors.TimedOut,
  Deno.errors.UnexpectedEof,
  Deno.errors.Interrupted,
];

const ADVICE: Partial<Record<BrokerErrorKind, string>> = {
  "unreachable": "is nats-server running there, with -js?",
  "unauthorized": "check the user, the password or the credentials file, and what the user may do there",
  "storage-full": "give it more disk or a higher limit, then run the same command again",
  "too-large": "raise max_payload of the broker to 1 MB, its default",
};

const UNTRUSTED = "is that the broker? If so, name the file of its certificate's authority with --cacert";

/**
 * Makes one clear line of an error of the client or the server.
 *
 * @param tried What was tried, on what, for example `Publishing to nats://host:4222`.
 * @param cause What the client threw.
 * @returns An error that says what went wrong, and what to do. What is one already stays as it is.
 */
export function brokerError(tried: string, cause: unknown): BrokerError {
  if (cause instanceof BrokerError) return cause;
  const kind = kindOf(cause);
  const why = cause instanceof Error ? cause.message : String(cause);
  const advice = /invalid peer certificate/.test(why) ? UNTRUSTED : ADVICE[kind];
  return new BrokerError(kind, `${tried} failed: ${why}${advice ? `; ${advice}` : ""}`, { cause });
}

function kindOf(cause: unknown): BrokerErrorKind {
  if (!(cause instanceof Error)) return "other";
  const { name, code, message, cause: deeper } = cause as Error & { code?: number | string };
  if (name === "JetStreamApiError" && typeof code === "number") return CODES[code] ?? "other";
  if (/max_payload|maximum payload/i.test(message)) return "too-large";
  const kind = NAMES[name];
  if (kind === "unreachable" && deeper instanceof Error && NAMES[deeper.name] === "unauthorized") return "unauthorized";
  if (kind !== undefined) return kind;
  return SOCKET.some((each) => cause instanceof each) || /^failed to lookup/.test(message) ? "unreachable" : "other";
}
