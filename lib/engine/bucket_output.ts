/**
 * An output that is a bucket: what the engine opens of it. What only such runs need, signing above all, is loaded here.
 *
 * @module
 */

import { BACKOFF_MS, CONNECT_TIMEOUT_MS, RETRIES, RETRY_MAX_TIME_MS } from "../../constants.ts";
import { parseBucketAddress } from "../core/bucket_address.ts";
import { lazy } from "../core/lazy.ts";
import type { Settings } from "../core/settings.ts";
import type { OutputFolder, OutputFolderOptions } from "../disk/output_folder.ts";
import { STATE_FOLDER } from "../disk/state_folder.ts";
import type { Bucket } from "../storage/bucket.ts";
import { backoff } from "./backoff.ts";

/** What a bucket takes from the settings. */
export type BucketOutputSettings = Partial<
  Pick<
    Settings,
    "connectTimeoutMs" | "retries" | "retryMaxTimeMs" | "backoffMs" | "proxy" | "caCerts" | "s3Endpoint" | "state"
  >
>;

/** What saving there is for, where its packages can't be had. */
const WHAT = "saving to a bucket (s3://)";

/**
 * Opens a bucket for an isolate.
 *
 * @param output Its address.
 * @param state The state folder of this process, which has what isn't whole.
 * @param settings How long to wait, how often to try, and where its endpoint is. Default: as for downloads.
 * @returns The bucket. Nothing has been asked of it yet.
 * @throws {CannotWriteError} If the environment names no access key.
 */
export async function openBucket(output: string, state: string, settings: BucketOutputSettings): Promise<Bucket> {
  const { Bucket } = await lazy<typeof import("../storage/bucket.ts")>(
    import.meta.resolve("../storage/bucket.ts"),
    WHAT,
  );
  const {
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    retries = RETRIES,
    retryMaxTimeMs = RETRY_MAX_TIME_MS,
    backoffMs: baseMs = BACKOFF_MS,
    ...rest
  } = settings;
  return new Bucket(output, state, { connectTimeoutMs, retries, retryMaxTimeMs, ...rest }, {
    backoff: (attempt) => backoff(attempt, { baseMs }),
  });
}

/**
 * Opens the state folder of a bucket, and looks what the bucket has.
 *
 * @param output The bucket's address.
 * @param settings As for {@linkcode openBucket}.
 * @param options How to open the folder.
 * @returns The folder that is open, and its path.
 * @throws {CannotWriteError} If the bucket can't be used, or another run on this machine has it open.
 */
export async function openBucketFolder(
  output: string,
  settings: BucketOutputSettings,
  options: OutputFolderOptions,
): Promise<{ folder: OutputFolder; path: string }> {
  const [{ OutputFolder }, { BucketContents, stateFolderOf }] = await Promise.all([
    import("../disk/output_folder.ts"),
    lazy<typeof import("../storage/bucket_contents.ts")>(
      import.meta.resolve("../storage/bucket_contents.ts"),
      WHAT,
    ),
  ]);
  const path = settings.state ?? stateFolderOf(parseBucketAddress(output));
  using bucket = await openBucket(output, `${path}/${STATE_FOLDER}`, settings); // it is only asked
  const contents = new BucketContents(bucket, options);
  return { folder: await OutputFolder.open(path, { ...options, contents }), path };
}

/**
 * Sends the shards that are left in the state folder of a bucket, once no isolate writes any more.
 *
 * @param folder The state folder, which is open.
 * @param output The bucket's address.
 * @param options The folder's path, how to reach the bucket, and what ends it: then they stay for the next run.
 * @throws {CannotWriteError} If that can't be done.
 */
export async function sendShards(
  folder: OutputFolder,
  output: string,
  { path, settings, signal }: { path: string; settings: BucketOutputSettings; signal?: AbortSignal },
): Promise<void> {
  const state = `${path}/${STATE_FOLDER}`;
  using destination = await openBucket(output, state, settings);
  await folder.finishShards({ destination, signal });
  // A worker may have ended while it sent parts of one
  const { abortLeftovers } = await lazy<typeof import("../storage/upload_notes.ts")>(
    import.meta.resolve("../storage/upload_notes.ts"),
    WHAT,
  );
  if (!signal?.aborted) await abortLeftovers(destination.client, state, signal);
}
