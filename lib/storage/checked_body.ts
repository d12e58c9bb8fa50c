/**
 * A body with the digests by which an endpoint sees that it has all of it, and none of it damaged.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Bytes from which on a body is hashed in another thread. */
const ASIDE_FROM = 2 ** 16;

/** A body and its digests. */
export interface CheckedBody {
  /** The body. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Its SHA-256 in hexadecimal, which is signed with the request (x-amz-content-sha256). */
  sha256: string;
  /** Its MD5 in base64 (Content-MD5), which endpoints compare that don't look at what is signed. */
  md5: string;
}

/** Computes the digests of a body. */
export async function checkedBody(bytes: Uint8Array<ArrayBuffer>): Promise<CheckedBody> {
  const sha256 = bytes.length < ASIDE_FROM
    ? createHash("sha256").update(bytes).digest("hex")
    : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { bytes, sha256, md5: createHash("md5").update(bytes).digest("base64") };
}
