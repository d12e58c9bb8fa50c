/**
 * The end of a command that can't do what it was asked to: one line, and an exit code.
 *
 * @module
 */

import { CommandError } from "../../lib/core/errors.ts";

/**
 * Does something, or ends the process with a line that says why not.
 *
 * @param work What to do. What it throws unexpectedly, a mistake of ours, is thrown on.
 */
export async function orExit<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isRefusal = Object.values(Deno.errors).some((kind) => error instanceof kind);
    if (!(error instanceof CommandError) && !isRefusal) throw error;
    console.error(`server: ${(error as Error).message}`);
    Deno.exit(error instanceof CommandError ? error.exitCode : 1);
  }
}
