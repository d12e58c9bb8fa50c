/**
 * The options that are about files, from the flags that only some runs have.
 *
 * @module
 */

import { isBucketAddress, parseBucketAddress } from "../core/bucket_address.ts";
import { UsageError } from "../core/errors.ts";
import { isEndpoint, NOT_IN_BUCKETS } from "../core/file_settings.ts";
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
  const bucket = readBucket(flags);
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
    ...bucket,
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

/** Flags that have nothing to work on in a bucket, each with the reason. */
const REFUSED = {
  ...NOT_IN_BUCKETS,
  "write-sums": "every object that is there would have to be downloaded from it to be summed up",
};

/** Where in an object storage files go, if they do. */
function readBucket(flags: RunFlagValues): Pick<StrategyOptions, "s3Endpoint" | "state"> {
  const { output, "s3-endpoint": s3Endpoint, state } = flags;
  if (output === undefined || !isBucketAddress(output)) {
    const alone = (["s3-endpoint", "state"] as const).find((name) => flags[name] !== undefined);
    if (alone) throw new UsageError(`--${alone} is about a bucket: name one with --output s3://bucket/prefix`);
    return {};
  }
  try {
    parseBucketAddress(output);
  } catch (cause) {
    throw new UsageError(`--output takes a folder, or ${(cause as Error).message}`, { cause });
  }
  for (const [name, why] of Object.entries(REFUSED)) {
    if (flags[name as keyof typeof REFUSED]) throw new UsageError(`--${name} doesn't go with a bucket: ${why}`);
  }
  if (s3Endpoint !== undefined && !isEndpoint(s3Endpoint)) {
    throw new UsageError("--s3-endpoint takes a URL without user, password or query: keys are in the environment");
  }
  return { ...s3Endpoint !== undefined && { s3Endpoint }, ...state !== undefined && { state } };
}
