/**
 * What goes wrong with a body between the connection and the file.
 *
 * @module
 */

import type { FailureKind } from "../core/outcome.ts";

/** A body that can't become the file it should be. */
export class BodyError extends Error {
  /** `BodyError`. */
  override readonly name = "BodyError";

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What is wrong with the body, and what to do.
   * @param options The `cause`.
   */
  constructor(
    readonly kind: Extract<FailureKind, "truncated" | "protocol" | "too-large" | "unsupported-encoding">,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
