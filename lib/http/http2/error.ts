/**
 * What goes wrong between a request and the end of its response over HTTP/2 (RFC 9113 §7, §8.1).
 *
 * @module
 */

/** Codes of errors (RFC 9113 §7) that are sent, or say more than that something went wrong. */
export const CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
  HTTP_1_1_REQUIRED: 13,
} as const;

/** Names of the codes, as the RFC has them. */
const NAMES = [
  ..."NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR".split(
    " ",
  ),
  ..."REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
    .split(" "),
];

/** The name of a code of errors, for messages. */
export function codeName(code: number): string {
  return NAMES[code] ?? `error ${code}`;
}

/** What a response over HTTP/2 failed of. */
export interface Http2ErrorOptions extends ErrorOptions {
  /** Whether the server says, or it is certain, that it hasn't begun to process the request (RFC 9113 §8.7). Default: false. */
  isUnprocessed?: boolean;
  /** Whether the server says that it will answer other requests of the connection. Default: false. */
  answersOthers?: boolean;
  /** Whether the server takes such requests over HTTP/1.1 only (HTTP_1_1_REQUIRED), or answered in it. Default: false. */
  needsHttp1?: boolean;
}

/** A response over HTTP/2 that wasn't one, or not a whole one. */
export class Http2Error extends Error {
  /** `Http2Error`. */
  override readonly name = "Http2Error";
  /** Whether the request was never processed, so that sending it again can't do it twice. */
  readonly isUnprocessed: boolean;
  /** Whether other requests of its connection will still be answered. */
  readonly answersOthers: boolean;
  /** Whether the request has to be sent over HTTP/1.1. */
  readonly needsHttp1: boolean;

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What came in place of what should have come.
   * @param options The `cause`, and whether the request was processed.
   */
  constructor(
    readonly kind: "closed" | "reset" | "truncated" | "protocol",
    message: string,
    options: Http2ErrorOptions = {},
  ) {
    super(message, options);
    this.isUnprocessed = options.isUnprocessed ?? false;
    this.answersOthers = options.answersOthers ?? false;
    this.needsHttp1 = options.needsHttp1 ?? false;
  }
}

/** Something that ends a whole connection, with the code that says why to the server. */
export class ConnectionError extends Http2Error {
  /** Makes the error; its `code` goes to the server. */
  constructor(readonly code: number, message: string, options?: Http2ErrorOptions) {
    super("protocol", message, options);
  }
}

/** Something that ends one stream, with the code that says why to the server. */
export class StreamError extends Http2Error {
  /** Makes the error; its `code` goes to the server. */
  constructor(readonly code: number, message: string, options?: Http2ErrorOptions) {
    super("protocol", message, options);
  }
}

/** What a connection that fails means for its streams: what Deno throws, in our words. */
export function connectionFailed(error: unknown): unknown {
  if (error instanceof Deno.errors.UnexpectedEof) {
    return new Http2Error("reset", "connection cut off without a TLS close_notify", { cause: error }); // RFC 8446 §6.1
  }
  const isReset = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
  if (isReset) return new Http2Error("reset", `connection reset: ${error.message}`, { cause: error });
  const isBroken = error instanceof Deno.errors.InvalidData && /cannot decrypt|corrupt message/.test(error.message);
  return isBroken ? new Http2Error("reset", `connection broken: ${error.message}`, { cause: error }) : error;
}
