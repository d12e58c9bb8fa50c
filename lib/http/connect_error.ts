/**
 * What goes wrong on the way to a server, where Deno has no words for it.
 *
 * @module
 */

import type { FailureKind } from "../core/outcome.ts";

/** A connection that couldn't be made. */
export class ConnectError extends Error {
  /** `ConnectError`. */
  override readonly name = "ConnectError";

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What was tried, and what came of it.
   * @param options The `cause`.
   */
  constructor(
    readonly kind: Extract<FailureKind, "dns" | "refused" | "tunnel" | "proxy-auth" | "protocol" | "connect-timeout">,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
