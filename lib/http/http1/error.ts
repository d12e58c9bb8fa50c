/**
 * What goes wrong between a request and the end of its response.
 *
 * @module
 */

/** A response over HTTP/1.1 that wasn't one, or not a whole one. */
export class Http1Error extends Error {
  /** `Http1Error`. */
  override readonly name = "Http1Error";

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome: no response, only a part of one, a connection that was cut, or what
   * isn't HTTP/1.1.
   * @param message What came in place of what should have come.
   * @param options The `cause`.
   */
  constructor(readonly kind: "closed" | "reset" | "truncated" | "protocol", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
