/**
 * Where in an object storage bodies go: `s3://bucket/prefix`.
 *
 * @module
 */

/** A bucket, and what the keys in it begin with. */
export interface BucketAddress {
  /** The bucket's name. */
  bucket: string;
  /** What comes before the names of the files in their keys, without a slash at its ends; empty for nothing. */
  prefix: string;
}

/** Names of buckets, also those that are older than today's rules or that only other endpoints allow. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/** Bytes of a prefix at most: with a name of 240 bytes and its ending, a key stays below S3's 1,024. */
const MOST_PREFIX = 512;

/** Whether an output is in an object storage, and not a folder. */
export function isBucketAddress(output: string): boolean {
  return /^s3:/i.test(output);
}

/**
 * Reads the address of a bucket.
 *
 * @param output For example `s3://bucket/some/prefix`.
 * @returns The bucket and the prefix.
 * @throws {Error} If it is none. Says what would be one, and quotes nothing, since some write their keys into it.
 */
export function parseBucketAddress(output: string): BucketAddress {
  const [, bucket, rest = ""] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(output) ?? [];
  if (bucket?.includes("@")) {
    throw new Error("s3://bucket/prefix without access keys, which AWS_ACCESS_KEY_ID and ~/.aws/credentials are for");
  }
  if (bucket === undefined || !BUCKET.test(bucket)) throw new Error("the name of a bucket, as in s3://bucket/prefix");
  const prefix = rest.replace(/\/$/, "");
  // What a URL would be without them isn't what S3 would take for the key
  const isWrong = prefix !== "" && prefix.split("/").some((part) => part === "" || part === "." || part === "..");
  // deno-lint-ignore no-control-regex -- which is what must not be in it
  if (isWrong || /[\x00-\x1f\x7f\\]/.test(prefix) || !prefix.isWellFormed()) {
    throw new Error("s3://bucket/prefix, whose prefix has no empty part, no . or .., and no control characters");
  }
  if (new TextEncoder().encode(prefix).length > MOST_PREFIX) {
    throw new Error(`s3://bucket/prefix, whose prefix has ${MOST_PREFIX} bytes at most`);
  }
  return { bucket, prefix };
}
