/**
 * What a command prints about itself in place of doing its work.
 *
 * @module
 */

import { IS_INSTALLED } from "./called_as.ts";
import { COMMAND, completions } from "./completions.ts";
import type { Shell } from "./flags.ts";
import { type Help, helpText } from "./help_text.ts";
import { versionLine } from "./version.ts";

/** What may be asked of a command about itself. */
export interface Asked {
  /** Whether `--version` was given. */
  version: boolean;
  /** What `--completions` says, if it was given. */
  completions?: Shell;
}

/**
 * What a command prints about itself.
 *
 * @param help What its `--help` says.
 * @param asked What to print: completions, the version, or else the help text.
 * @param word The word that it goes by after the installed command. Default: none, it is what that does by itself.
 * @returns Several lines, or one.
 */
export function aboutCommand(help: Help, { version, completions: shell }: Asked, word?: string): string {
  if (shell) return completions(shell, { words: word === undefined ? [COMMAND] : [COMMAND, word], flags: help.flags });
  return version ? versionLine() : helpText(IS_INSTALLED ? asInstalled(help, word) : help);
}

/**
 * What `--help` says where the command is installed.
 *
 * @param help What it says of the script.
 * @param word The word that the script goes by. Default: none.
 * @returns The same with the installed command in place of the script.
 */
export function asInstalled(help: Help, word?: string): Help {
  const name = word === undefined ? COMMAND : `${COMMAND} ${word}`;
  const renamed = (line: string) => line.replace(/deno run -A \w+\.ts/, name);
  return {
    ...help,
    usage: renamed(help.usage),
    examples: help.examples?.map(([line, about]) => [renamed(line), about]),
  };
}
