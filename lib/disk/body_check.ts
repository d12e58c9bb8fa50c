/**
 * What a body must be to become a file: as long as the server announced, and of the SHA-256 that the list names.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { SaveError } from "./save_error.ts";

/** A hash that takes in a body as it comes. */
export async function newHash(): Promise<Hash> {
  // Imported only here, because Node's modules take 20 ms to start. Web Crypto can't hash a body as it comes.
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}

/**
 * Checks the length of a body that has ended.
 *
 * @param bytes Its bytes.
 * @param length The bytes it must have. Default: any number.
 * @throws {SaveError} If it is another.
 */
export function checkLength(bytes: number, length = bytes): void {
  if (bytes > length) throw new SaveError("protocol", `${bytes} bytes arrived, more than the ${length} announced`);
  if (bytes < length) throw new SaveError("truncated", `only ${bytes} of ${length} bytes arrived`);
}

/**
 * Checks the SHA-256 of a body.
 *
 * @param hash Has taken in the body. Default: it isn't hashed.
 * @param sha256 The SHA-256 it must have, in hexadecimal. Default: any.
 * @returns Its SHA-256 in hexadecimal, if it was hashed.
 * @throws {SaveError} If it is another.
 */
export function checkedDigest(hash: Hash | undefined, sha256: string | undefined): string | undefined {
  const digest = hash?.digest("hex");
  if (sha256 === undefined || digest === sha256.toLowerCase()) return digest;
  throw new SaveError("checksum", `the body's SHA-256 is ${digest}, not ${sha256}`);
}
