/**
 * How a script is called, for lines that say how to call it again.
 *
 * @module
 */

import type { StrategyTraits } from "../engine/strategy.ts";
import type { Called } from "../report/retry_command.ts";
import { COMMAND } from "./completions.ts";
import { runFlags } from "./run_flags.ts";

/** Whether this is the npm package, whose modules are JavaScript, or the one program that `deno compile` makes. */
export const IS_INSTALLED: boolean = Deno.build.standalone || import.meta.url.endsWith(".js");

/**
 * How a script is called.
 *
 * @param strategy What the script downloads with.
 * @param isInstalled Whether it is called by the name of the installed command. Default: as it is.
 */
export function calledAs(strategy: StrategyTraits, isInstalled: boolean = IS_INSTALLED): Called {
  const switches = Object.entries(runFlags(strategy)).filter(([, { value }]) => value === undefined);
  return {
    script: isInstalled ? COMMAND : `deno run -A ${strategy.title}.ts`,
    switches: new Set(
      switches.flatMap(([name, { short }]) => [`--${name}`, ...short === undefined ? [] : [`-${short}`]]),
    ),
  };
}
