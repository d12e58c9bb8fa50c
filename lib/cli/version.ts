/**
 * The version of this project, which stands in deno.json and nowhere else.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { COMMAND } from "./completions.ts";

/** The version, as in deno.json. */
export const PROJECT_VERSION: string = config.version;

/**
 * What `--version` prints.
 *
 * @param system What runs it. Default: this Deno on this system.
 * @returns One line, with what a report about a bug needs.
 */
export function versionLine(
  system: { deno: string; target: string } = { deno: Deno.version.deno, target: Deno.build.target },
): string {
  return `${COMMAND} ${PROJECT_VERSION} (deno ${system.deno}, ${system.target})`;
}
