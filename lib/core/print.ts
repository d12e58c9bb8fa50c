/**
 * The two ways out to people: results on standard output, everything else on standard error. What comes from a server or a
 * list is made harmless here, so that nobody else has to think of it.
 *
 * @module
 */

import { CannotWriteError } from "./errors.ts";
import { printableLine, printableText } from "./printable.ts";

/**
 * Prints a result. A closed pipe, as in `| head -0`, isn't an error.
 *
 * @param text What to print, without the final newline: a text of several lines, or lines, in which line breaks are escaped.
 * @param finish Colours what is harmless by then. Default: not at all.
 * @throws {CannotWriteError} If it can't be written, for example to a disk that is full: the exit code is 3.
 */
export function print(text: string | readonly string[], finish: (text: string) => string = asItIs): void {
  try {
    console.log(finish(typeof text === "string" ? printableText(text) : text.map(printableLine).join("\n")));
  } catch (cause) {
    throw new CannotWriteError("can't write the result", { cause });
  }
}

/**
 * Says something on standard error, in one line.
 *
 * @param line What to say.
 * @param finish Colours what is harmless by then. Default: not at all.
 */
export function tell(line: string, finish: (line: string) => string = asItIs): void {
  try {
    console.error(finish(printableLine(line)));
  } catch {
    // The terminal has been closed: nobody reads it, and the run ends in good order or goes on without
  }
}

function asItIs(text: string): string {
  return text;
}
