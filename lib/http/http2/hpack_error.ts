/**
 * What is wrong with a block of headers (RFC 7541). It ends its connection: what comes after it can't be read.
 *
 * @module
 */

/** A block of headers that can't be decoded. */
export class HpackError extends Error {
  /** `HpackError`. */
  override readonly name = "HpackError";
}
