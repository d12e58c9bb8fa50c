/**
 * Results on standard output.
 *
 * @module
 */

import { CommandError } from "./command_error.ts";

/** The exit code of a command that did its work and can't write what came of it. */
const CANT_WRITE = 3;

/**
 * Prints a result. A reader that has gone away, as in `| head -0`, has had enough, and that is no error.
 *
 * @param text What to print, without the final newline.
 * @throws {CommandError} If it can't be written, for example to a disk that is full: the exit code is 3.
 */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`can't write the result: ${why}`, { cause, exitCode: CANT_WRITE });
  }
}
