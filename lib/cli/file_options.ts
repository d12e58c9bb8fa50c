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
  const verify = flags.verify || flags["write-sums"] !== undefined;
  if (verify && output === undefined) {
    throw new UsageError(`--${flags.verify ? "verify" : "write-sums"} is about files: name --output`);
  }
  const { accept, reject, unwanted, "limit-rate": limitRate } = flags;
  if (unwanted && accept.length + reject.length === 0 && flags["max-filesize"] === undefined) {
    throw new UsageError("--unwanted is about what --accept, --reject and --max-filesize say: name one of them");
  }
  return {
    ...verify && { verify },
    ...limitRate !== undefined && { limitRate },
    ...accept.length > 0 && { accept },
    ...reject.length > 0 && { reject },
    ...unwanted && { unwanted },
    ...update && { update, ...flags["no-mtime"] && { mtime: false } },
  };
}
