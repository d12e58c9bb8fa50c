/**
 * Why a body wasn't saved.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";

/** A body that wasn't saved, for a reason that has to do with this one only. */
export class SaveError extends Error {
  /** `SaveError`. */
  override readonly name = "SaveError";

  /**
   * Makes the error.
   *
   * @param kind The kind of failure, as in an outcome.
   * @param message What was tried and what came of it.
   * @param options The `cause`.
   */
  constructor(
    readonly kind: "truncated" | "checksum" | "write" | "protocol" | "too-many-open-files",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What is wrong with one name only; any other error of the file system would meet the next file too. */
const OF_ONE_NAME = new Set(["EILSEQ", "EINVAL", "ENAMETOOLONG"]);

/**
 * What a failure of the file system is to a download: its own, or the end of the run.
 *
 * @param tried What was tried, and on what.
 * @param cause What it threw. What isn't of the file system is returned as it is.
 * @returns A {@linkcode SaveError} or a {@linkcode CannotWriteError}.
 */
export function fileError(tried: string, cause: unknown): unknown {
  if (cause instanceof SaveError || cause instanceof CannotWriteError || !(cause instanceof Error)) return cause;
  const { code } = cause as Error & { code?: string };
  if (code === undefined) return cause;
  if (code === "EMFILE" || code === "ENFILE") {
    return new SaveError("too-many-open-files", `${tried}: ${cause.message}`, { cause });
  }
  if (OF_ONE_NAME.has(code)) return new SaveError("write", `${tried}: ${cause.message}`, { cause });
  return new CannotWriteError(tried, { cause });
}
