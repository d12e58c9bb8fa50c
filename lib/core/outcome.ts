/**
 * How a download ended. Every URL ends in exactly one outcome. Plain data, so that it can come from a worker.
 *
 * @module
 */

/** Why a download failed, in a word that failures are grouped by. */
export type FailureKind =
  | "refused"
  | "reset"
  | "closed"
  | "truncated"
  | "connect-timeout"
  | "idle-timeout"
  | "timeout"
  | "dns"
  | "tunnel"
  | "proxy-auth"
  | "tls"
  | "protocol"
  | "redirect"
  | "status"
  | "unexpected-value"
  | "checksum"
  | "too-large"
  | "unwanted-type"
  | "unsupported-encoding"
  | "too-many-open-files"
  | "no-free-port"
  | "write"
  | "cannot-write"
  | "invalid-url"
  | "circuit-open"
  | "worker-died"
  | "aborted"
  | "other";

/** What every outcome says. */
export interface OutcomeFacts {
  /** The job's number, its position in the source. */
  id: number;
  /** The URL that was asked for, without credentials; the first one, if there are several. */
  url: string;
  /** Which of several URLs was asked last, if it isn't the first. */
  from?: string;
  /** Requests made for it; 0 when it was skipped without asking. */
  attempts: number;
  /** When the last attempt began, in milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds from the start of the last attempt to its response's headers; absent when none came. */
  firstByteMs?: number;
  /** Milliseconds from the start of the last attempt to its end. */
  totalMs: number;
  /** The HTTP status; absent when there was no response. */
  status?: number;
  /** Bytes of the body that arrived in the last attempt, after decoding. */
  bytes: number;
  /** The URL that answered, when redirects led elsewhere. */
  finalUrl?: string;
}

/** A body that arrived whole. */
export interface Done extends OutcomeFacts {
  /** What tells outcomes apart. */
  result: "done";
  /** The number in the body, when one was expected. */
  value?: number;
  /** The file the body was saved in, a path within the output folder. */
  file?: string;
  /** Bytes of that file: more than `bytes` when it was begun before and continued. */
  size?: number;
  /** The SHA-256 of the body in hexadecimal, when it was saved and the SHA-256 was given or asked for. */
  sha256?: string;
}

/** A download that needn't be made. */
export interface Skipped extends OutcomeFacts {
  /** What tells outcomes apart. */
  result: "skipped";
  /**
   * Why: its file is there from an earlier run, and perhaps its server says that it hasn't changed; it came before; or it
   * isn't wanted, as its answer has shown.
   */
  reason: "there" | "unchanged" | "duplicate" | "unwanted";
  /** The SHA-256 of that file, when it was checked and that was asked for. */
  sha256?: string;
  /** Why it isn't wanted, in a sentence. */
  message?: string;
  /** The file its body is in, if that is known. */
  file?: string;
  /** Bytes of that file. */
  size?: number;
}

/** A download that failed for good. */
export interface Failed extends OutcomeFacts {
  /** What tells outcomes apart. */
  result: "failed";
  /** Why, in a word. */
  kind: FailureKind;
  /** Why, in a sentence: what was tried and what came of it. */
  message: string;
  /** Milliseconds the server asked to be left alone (Retry-After, RFC 9110 §10.2.3). */
  retryAfterMs?: number;
  /** Bytes of the body that are kept for the next attempt, when those aren't none. */
  keptBytes?: number;
}

/** How a download ended. */
export type Outcome = Done | Skipped | Failed;
