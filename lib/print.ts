/**
 * Results on standard output.
 *
 * @module
 */

import { CannotWriteError } from "./cannot_write_error.ts";

/**
 * Prints a result. A reader that has gone away, as in `| head -0`, has had enough, and that is no error.
 *
 * @param text What to print, without the final newline.
 * @throws {CannotWriteError} If it can't be written, for example to a disk that is full: the exit code is 3.
 */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (cause) {
    throw new CannotWriteError("can't write the result", { cause });
  }
}
