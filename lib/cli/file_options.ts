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
  const shards = readShards(flags);
  const { accept, reject, unwanted, "limit-rate": limitRate, segments } = flags;
  if (segments !== undefined && segments !== 1 && output === undefined) {
    throw new UsageError("--segments is about files: name --output");
  }
  if (unwanted && accept.length + reject.length === 0 && flags["max-filesize"] === undefined && !flags.robots) {
    throw new UsageError(
      "--unwanted is about what --accept, --reject, --max-filesize and --robots say: name one of them",
    );
  }
  return {
    ...shards,
    ...verify && { verify },
    ...limitRate !== undefined && { limitRate },
    ...segments !== undefined && { segments },
    ...accept.length > 0 && { accept },
    ...reject.length > 0 && { reject },
    ...unwanted && { unwanted },
    ...update && { update, ...flags["no-mtime"] && { mtime: false } },
  };
}

/** What files are saved in, if not each by itself. */
function readShards(flags: RunFlagValues): StrategyOptions {
  const { output, "output-format": outputFormat = "files", "shard-size": shardSize } = flags;
  if (outputFormat === "files") {
    if (shardSize !== undefined) throw new UsageError("--shard-size is about shards: name --output-format");
    return {};
  }
  if (output === undefined) throw new UsageError("--output-format is about files: name --output");
  for (const name of ["update", "verify", "write-sums"] as const) {
    if (flags[name]) {
      const why = "what is in a shard isn't read or changed again";
      throw new UsageError(`--${name} doesn't go with --output-format ${outputFormat}: ${why}`);
    }
  }
  if ((flags.segments ?? 1) !== 1) {
    throw new UsageError(`--segments doesn't go with --output-format ${outputFormat}: a body there is fetched whole`);
  }
  return { outputFormat, ...shardSize !== undefined && { shardSize } };
}
