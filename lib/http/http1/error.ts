/**
 * What goes wrong between a request and the end of its response.
 *
 * @module
 */

/** What a response over HTTP/1.1 failed of. */
export interface Http1ErrorOptions extends ErrorOptions {
  /** Whether the server answered in HTTP/2, so that it hasn't begun to process the request. Default: false. */
  needsHttp2?: boolean;
}

/** A response over HTTP/1.1 that wasn't one, or not a whole one. */
export class Http1Error extends Error {
  /** `Http1Error`. */
  override readonly name = "Http1Error";
  /** Whether the request has to be sent over HTTP/2. */
  readonly needsHttp2: boolean;

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome: no response, only a part of one, a connection that was cut, or what
   * isn't HTTP/1.1.
   * @param message What came in place of what should have come.
   * @param options The `cause`, and whether it was HTTP/2.
   */
  constructor(
    readonly kind: "closed" | "reset" | "truncated" | "protocol",
    message: string,
    options?: Http1ErrorOptions,
  ) {
    super(message, options);
    this.needsHttp2 = options?.needsHttp2 ?? false;
  }
}
