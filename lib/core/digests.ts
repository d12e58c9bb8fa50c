/**
 * Digests that a body must have, in whatever way they are written down: hexadecimal, as checksum files have them, or as
 * Subresource Integrity and Repr-Digest write them, in Base64.
 *
 * @module
 */

/** The algorithms that are known, by how strong they are, and the hexadecimal digits that each has. */
export const ALGORITHMS = { md5: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 } as const;

/** An algorithm. */
export type Algorithm = keyof typeof ALGORITHMS;

/** Of each algorithm, the digests of which a body must have one, in hexadecimal in lower case. */
export type Digests = { [A in Algorithm]?: readonly string[] };

/**
 * Reads a digest.
 *
 * @param algorithm What made it.
 * @param text What should be its hexadecimal digits.
 * @returns It; undefined if it is none.
 */
export function readHex(algorithm: Algorithm, text: unknown): string | undefined {
  const isDigest = typeof text === "string" && text.length === ALGORITHMS[algorithm] && /^[0-9a-f]+$/i.test(text);
  return isDigest ? text.toLowerCase() : undefined;
}

/**
 * Reads the digest that a checksum file has, whose length says what made it.
 *
 * @param text What should be its hexadecimal digits.
 * @returns It, by its algorithm; undefined if it is none.
 */
export function readAnyHex(text: string): Digests | undefined {
  const algorithm = algorithmsBy((each) => ALGORITHMS[each] === text.length)[0];
  const hex = algorithm && readHex(algorithm, text);
  return hex === undefined ? undefined : { [algorithm]: [hex] };
}

/**
 * Reads the metadata of Subresource Integrity (https://www.w3.org/TR/SRI/): of several algorithms the strongest counts, and of
 * several digests of that, any.
 *
 * @param text For example `sha384-oqVuAf...`, several with spaces between them.
 * @returns The digests; undefined if there is none in it.
 */
export function readIntegrity(text: string): Digests | undefined {
  const digests: { [A in Algorithm]?: string[] } = {};
  for (const each of text.trim().split(/\s+/)) {
    const [, name, base64] = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/.exec(each) ?? [];
    const algorithm = name as Algorithm | undefined;
    const hex = algorithm && readHex(algorithm, hexOf(base64));
    if (algorithm === undefined || hex === undefined) return undefined;
    (digests[algorithm] ??= []).push(hex);
  }
  const strongest = algorithmsBy((each) => digests[each] !== undefined).at(-1);
  return strongest && { [strongest]: digests[strongest] };
}

/**
 * Reads a Repr-Digest (RFC 9530 §3), a dictionary of byte sequences (RFC 8941 §3.2, §3.3.5).
 *
 * @param text The header's value.
 * @returns The digests of algorithms that are known and not broken, all of which must hold; undefined if there are none.
 */
export function readReprDigest(text: string): Digests | undefined {
  const digests: { [A in Algorithm]?: string[] } = {};
  for (const [, name, base64] of text.matchAll(/(?:^|,)[ \t]*(sha-256|sha-512)=:([A-Za-z0-9+/=]*):/g)) {
    const algorithm = name.replace("-", "") as Algorithm;
    const hex = readHex(algorithm, hexOf(base64));
    if (hex !== undefined) digests[algorithm] = [hex];
  }
  return Object.keys(digests).length === 0 ? undefined : digests;
}

/**
 * Reads digests that JSON was made of.
 *
 * @param data What should be digests.
 * @returns They; undefined if it is anything else.
 */
export function readDigests(data: unknown): Digests | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const digests: { [A in Algorithm]?: string[] } = {};
  for (const [name, all] of Object.entries(data)) {
    if (!Object.hasOwn(ALGORITHMS, name) || !Array.isArray(all)) return undefined;
    const hexes = all.map((text) => readHex(name as Algorithm, text));
    if (hexes.includes(undefined)) return undefined;
    digests[name as Algorithm] = hexes as string[];
  }
  return Object.keys(digests).length === 0 ? undefined : digests;
}

/**
 * Puts digests together, all of which must hold.
 *
 * @param a Some.
 * @param b Others.
 * @returns Both. Of an algorithm in both, only what is in both can hold.
 */
export function bothDigests(a: Digests | undefined, b: Digests | undefined): Digests | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const both: { [A in Algorithm]?: readonly string[] } = { ...a };
  for (const algorithm of algorithmsBy((each) => b[each] !== undefined)) {
    const [one, other] = [a[algorithm], b[algorithm] ?? []];
    both[algorithm] = one === undefined ? other : one.filter((hex) => other.includes(hex));
  }
  return both;
}

/** The algorithms that something is true of, the weakest first. */
export function algorithmsBy(is: (algorithm: Algorithm) => boolean): Algorithm[] {
  return (Object.keys(ALGORITHMS) as Algorithm[]).filter(is);
}

function hexOf(base64: string): string | undefined {
  try {
    return Uint8Array.fromBase64(base64.replaceAll("-", "+").replaceAll("_", "/")).toHex();
  } catch {
    return undefined; // it isn't Base64
  }
}
