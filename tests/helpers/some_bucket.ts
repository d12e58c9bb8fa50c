/**
 * A bucket of {@linkcode BucketServer}, and a state folder for it.
 *
 * @module
 */

import { Bucket } from "../../lib/storage/bucket.ts";
import type { BucketSettings } from "../../lib/storage/bucket_client.ts";
import { STATE_FOLDER } from "../../lib/disk/state_folder.ts";
import { BUCKET, type BucketServer, KEYS } from "./bucket_server.ts";

/** How to open it. */
export interface SomeBucketOptions {
  /** What keys begin with. Default: `pre/fix`. */
  prefix?: string;
  /** What differs from: 3 retries at least, for no time at least. */
  settings?: Partial<BucketSettings>;
  /** Called with each attempt that is waited after. Default: none. */
  onWait?: (attempt: number) => void;
  /** The session token that is sent. Default: none. */
  sessionToken?: string;
}

/** Does something with a bucket and its folder, and removes the folder. */
export async function withBucket(
  server: Pick<BucketServer, "url">,
  work: (bucket: Bucket, folder: string) => Promise<void>,
  { prefix = "pre/fix", settings = {}, onWait, sessionToken }: SomeBucketOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  Deno.mkdirSync(`${folder}/${STATE_FOLDER}`);
  const all = { connectTimeoutMs: 10_000, retries: 3, retryMaxTimeMs: 0, s3Endpoint: server.url, ...settings };
  const aws = { credentials: { ...KEYS, ...sessionToken && { sessionToken } }, region: "eu-test-1" };
  const backoff = (attempt: number) => {
    onWait?.(attempt);
    return 0;
  };
  try {
    using bucket = new Bucket(`s3://${BUCKET}/${prefix}`, `${folder}/${STATE_FOLDER}`, all, { aws, backoff });
    await work(bucket, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
