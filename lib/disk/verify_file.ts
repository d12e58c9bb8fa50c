/**
 * Whether a file that is there has the digests that it must have.
 *
 * @module
 */

import { algorithmsFor, BodyHash, checkedDigest, type WantedDigests } from "./body_check.ts";
import { SaveError } from "./save_error.ts";

/** Bytes read at a time: other work gets its turn in between. */
const READ = 2 ** 20;

/** A file that is right. */
export interface Verified {
  /** Its bytes. */
  size: number;
  /** Its SHA-256 in hexadecimal, if it was computed. */
  sha256?: string;
}

/**
 * Reads a file and compares its digests.
 *
 * @param path The file.
 * @param wanted The digests that it must have.
 * @param options Whether its SHA-256 is wanted in any case, and what ends the reading.
 * @returns Undefined if one is another, or the file isn't there. What has no digest to compare is right.
 * @throws What the file system says; the signal's reason.
 */
export async function verifyFile(
  path: string,
  wanted: WantedDigests,
  { digest, signal }: { digest: boolean; signal: AbortSignal },
): Promise<Verified | undefined> {
  const algorithms = algorithmsFor(wanted, { digest });
  try {
    using file = await Deno.open(path);
    const hash = await BodyHash.begin(algorithms);
    const buffer = new Uint8Array(READ);
    let size = algorithms.length === 0 ? (await file.stat()).size : 0;
    for (let read; algorithms.length > 0 && (read = await file.read(buffer)) !== null; size += read) {
      signal.throwIfAborted();
      hash.update(buffer.subarray(0, read));
    }
    const sha256 = checkedDigest(hash, wanted);
    return sha256 === undefined ? { size } : { size, sha256 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SaveError) return undefined;
    throw error;
  }
}
