/**
 * The error that ends a run: no other download would fare better.
 *
 * @module
 */

import { CommandError } from "./command_error.ts";

/** The output folder can't be written: it is full, read-only, not permitted, or in use. The command exits with 3. */
export class CannotWriteError extends CommandError {
  /** `CannotWriteError`. */
  override readonly name = "CannotWriteError";

  /**
   * Makes the error.
   *
   * @param tried What was tried, and on what.
   * @param options The `cause`, whose message becomes the end of this one's.
   */
  constructor(tried: string, options?: { cause: unknown }) {
    const { cause } = options ?? {};
    super(cause instanceof Error ? `${tried}: ${cause.message}` : tried, { ...options, exitCode: 3 });
  }
}
