/**
 * The options that are about files, from the flags that only some runs have.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import type { StrategyOptions } from "../core/settings.ts";
import type { RunFlagValues } from "./run_flags.ts";

/**
 * Reads the flags about files.
 *
 * @param flags What the command line says.
 * @returns The options; what isn't asked for is left out.
 * @throws {UsageError} For flags that don't go together.
 */
export function readFileOptions(flags: RunFlagValues): StrategyOptions {
  const { update, output } = flags;
  if (update && output === undefined) throw new UsageError("--update is about files that are there: name --output");
  if (flags["no-mtime"] && !update) throw new UsageError("--no-mtime is about what --update does: name that, too");
  return { ...update && { update, ...flags["no-mtime"] && { mtime: false } } };
}
