/**
 * The most bytes that a file may have.
 *
 * @module
 */

import { BodyError } from "./body_error.ts";
import { formatCount } from "./format_count.ts";

/**
 * Says that a body is larger than a file may be.
 *
 * @param most Bytes that a file may have.
 * @param announced Bytes that the server announced, if it did.
 */
export function tooLarge(most: number, announced?: number): BodyError {
  const what = announced === undefined
    ? "the body has more"
    : `the server announces ${formatCount(announced)} bytes, more`;
  return new BodyError("too-large", `${what} than the ${formatCount(most)} that a file may have (--max-filesize)`);
}

/**
 * Passes on a body up to a limit.
 *
 * @param chunks The body.
 * @param options Bytes that the file may have, and that are there already (default: none).
 * @yields The same chunks.
 * @throws {BodyError} Of kind `too-large`, before the chunk that goes beyond; the body is left.
 */
export async function* upTo(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { most, bytes = 0 }: { most: number; bytes?: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    yield chunk;
  }
}
