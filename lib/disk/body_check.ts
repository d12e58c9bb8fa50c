/**
 * What a body must be to become a file: as long as the server announced, and of the digests that it must have.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { type Algorithm, algorithmsBy, type Digests } from "../core/digests.ts";
import { SaveError } from "./save_error.ts";

/** What digests a body must have. */
export interface WantedDigests {
  /** The SHA-256, in hexadecimal. Default: any. */
  sha256?: string;
  /** Others. Default: any. */
  digests?: Digests;
}

/** Takes in a body as it comes. */
export class BodyHash {
  readonly #hashes: readonly (readonly [Algorithm, Hash])[];

  private constructor(hashes: readonly (readonly [Algorithm, Hash])[]) {
    this.#hashes = hashes;
  }

  /** Begins to hash a body, in as many ways as it must be checked. */
  static async begin(algorithms: readonly Algorithm[]): Promise<BodyHash> {
    // Imported only here, because Node's modules take 20 ms to start. Web Crypto can't hash a body as it comes.
    const { createHash } = await import("node:crypto");
    return new BodyHash(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** Takes in a piece. */
  update(bytes: Uint8Array): this {
    for (const [, hash] of this.#hashes) hash.update(bytes);
    return this;
  }

  /** Ends the body: its digests, in hexadecimal. */
  end(): { [A in Algorithm]?: string } {
    return Object.fromEntries(this.#hashes.map(([algorithm, hash]) => [algorithm, hash.digest("hex")]));
  }
}

/**
 * The algorithms by which a body must be hashed.
 *
 * @param wanted The digests that it must have.
 * @param options Whether its SHA-256 is wanted in any case.
 */
export function algorithmsFor({ sha256, digests }: WantedDigests, { digest }: { digest: boolean }): Algorithm[] {
  if (digests === undefined) return digest || sha256 !== undefined ? ["sha256"] : [];
  return algorithmsBy((each) => digests[each] !== undefined || each === "sha256" && (digest || sha256 !== undefined));
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
 * Checks the digests of a body.
 *
 * @param hash Has taken in the body. Default: it isn't hashed.
 * @param wanted The digests that it must have.
 * @returns Its SHA-256 in hexadecimal, if it was hashed by that.
 * @throws {SaveError} If one is another.
 */
export function checkedDigest(hash: BodyHash | undefined, { sha256, digests = {} }: WantedDigests): string | undefined {
  const is = hash?.end() ?? {};
  const check = (algorithm: Algorithm, wanted: readonly string[]) => {
    const hex = is[algorithm];
    if (hex !== undefined && wanted.includes(hex)) return;
    const name = algorithm.toUpperCase().replace("SHA", "SHA-");
    throw new SaveError("checksum", `the body's ${name} is ${hex}, not ${wanted.join(" or ") || "any that is wanted"}`);
  };
  if (sha256 !== undefined) check("sha256", [sha256.toLowerCase()]);
  for (const algorithm of algorithmsBy((each) => digests[each] !== undefined)) {
    check(algorithm, digests[algorithm] ?? []);
  }
  return is.sha256;
}
