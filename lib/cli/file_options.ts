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
  const bucket = readBucket(flags);
  const { accept, reject, unwanted, "limit-rate": limitRate } = flags;
  if (unwanted && accept.length + reject.length === 0 && flags["max-filesize"] === undefined) {
    throw new UsageError("--unwanted is about what --accept, --reject and --max-filesize say: name one of them");
  }
  return {
    ...bucket,
    ...verify && { verify },
    ...limitRate !== undefined && { limitRate },
    ...accept.length > 0 && { accept },
    ...reject.length > 0 && { reject },
    ...unwanted && { unwanted },
    ...update && { update, ...flags["no-mtime"] && { mtime: false } },
  };
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
