/**
 * Whether a list is still the one that was published before.
 *
 * @module
 */

import type { Download } from "../core/download.ts";

/**
 * A digest of a download and of all before it, of 53 bits: two of FNV-1a (RFC 9923) with different starts. It is of what is
 * downloaded, what its file is called, and what has to be in it.
 *
 * @param download The download.
 * @param before The digest of those before it, or 0.
 */
export function listDigest({ url, name, sha256, digests }: Download, before: number): number {
  const isPlain = name === undefined && sha256 === undefined && digests === undefined;
  const text = isPlain ? url : JSON.stringify([url, name, sha256, digests]);
  let low = 0x811c9dc5 ^ (before >>> 0);
  let high = 0x9747b28c ^ Math.floor(before / 2 ** 32);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x5bd1e995);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
