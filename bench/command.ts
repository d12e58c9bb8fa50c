/**
 * What is around a command of the benchmark: its flags, its help, and errors in one line.
 *
 * @module
 */

import { CommandError } from "../lib/core/errors.ts";
import type { Flags, FlagValues } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";

/** What a command is. */
export interface CommandOptions<F extends Flags> {
  /** The task that runs it. */
  task: string;
  /** What it does, in a sentence. */
  about: string;
  /** Its flags, `help` among them. */
  flags: F;
}

/**
 * Runs a command.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param options What it is.
 * @param work Does the work, and returns the exit code.
 * @returns The exit code: that of `work`, or of its error, 2 for a bad command line.
 * @throws What `work` throws, unless it is a `CommandError`, which is printed on standard error.
 */
export async function command<F extends Flags>(
  args: readonly string[],
  { task, about, flags }: CommandOptions<F>,
  work: (values: FlagValues<F>) => Promise<number>,
): Promise<number> {
  try {
    const values = parseFlags(args, flags);
    if ("help" in values && values.help) {
      console.log(helpText({ usage: `deno task ${task} [flags]`, about, flags }));
      return 0;
    }
    return await work(values);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`${task}: ${error.message}`);
    return error.exitCode;
  }
}
