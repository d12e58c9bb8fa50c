/**
 * Ends of a command that were to be expected: one line each, without a stack trace.
 *
 * @module
 */

/** What went wrong, in one line that says what to do, and the exit code that goes with it. */
export class CommandError extends Error {
  /** Its class. */
  override readonly name: string = "CommandError";
  /** What the command tells the shell. */
  readonly exitCode: number;

  /**
   * Makes an error that ends the command.
   *
   * @param message One line without a final period.
   * @param options The exit code (default 1) and what caused it.
   */
  constructor(message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A mistake in how a command was called; its exit code is 2. */
export class UsageError extends CommandError {
  /** Its class. */
  override readonly name = "UsageError";

  /**
   * Makes an error that ends the command before it has begun.
   *
   * @param message One line without a final period.
   * @param options What caused it.
   */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, exitCode: 2 });
  }
}

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
