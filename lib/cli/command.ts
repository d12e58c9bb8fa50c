/**
 * What is around every command: Ctrl-C, errors in one line, the exit code.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import { Interrupts } from "./interrupts.ts";
import { tell } from "../core/print.ts";

/**
 * Runs a command.
 *
 * @param name What its error messages begin with.
 * @param main Does the work, ends in good order when the signal is aborted, and returns the exit code.
 * @returns The exit code: that of `main` or of its error, or 128 plus the signal's number (Ctrl-C: 130).
 * @throws What `main` throws, unless it is a `CommandError` or a permission that is missing, which are printed on standard
 * error.
 */
export async function command(name: string, main: (signal: AbortSignal) => Promise<number>): Promise<number> {
  using interrupts = new Interrupts();
  try {
    const code = await main(interrupts.signal);
    return interrupts.code ?? code;
  } catch (error) {
    if (interrupts.code !== undefined) return interrupts.code;
    if (error instanceof Deno.errors.NotCapable) {
      tell(`${name}: ${error.message}`); // which says what was wanted, and the flag of Deno that allows it
      return 1;
    }
    if (!(error instanceof CommandError)) throw error;
    tell(`${name}: ${error.message}`);
    return error.exitCode;
  }
}
