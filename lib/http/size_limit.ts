/**
 * The most bytes that a file may have.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { BodyError } from "./body_error.ts";
import { formatCount } from "../core/format_count.ts";

/**
 * Refuses a body that is announced to be larger than a file may be. Not async, because hardly any is.
 *
 * @param response The response that has it.
 * @param sizes Bytes that a file may have, and that it will have if that is known.
 * @returns Rejects with a {@linkcode BodyError} of kind `too-large` when the body has been cancelled; else nothing.
 */
export function refuseLarger(
  response: Answer,
  { most, announced = 0 }: { most: number; announced?: number },
): Promise<never> | undefined {
  if (announced > most) return refuse(response, `the server announces ${formatCount(announced)} bytes, more`, most);
}

async function refuse(response: Answer, what: string, most: number): Promise<never> {
  await response.body?.cancel();
  throw tooLarge(what, most);
}

function tooLarge(what: string, most: number): BodyError {
  return new BodyError("too-large", `${what} than the ${formatCount(most)} that a file may have (--max-filesize)`);
}

/**
 * Passes on a body up to a limit.
 *
 * @param chunks The body.
 * @param options Bytes that the file may have, and that are there already (default: none).
 * @returns The same chunks. It throws a {@linkcode BodyError} of kind `too-large` in place of the one that goes beyond, and
 * leaves the body.
 */
export function upTo(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { most, bytes = 0 }: { most: number; bytes?: number },
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  return most === Infinity ? chunks : counted(chunks, most - bytes, most);
}

async function* counted(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>, left: number, most: number) {
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) throw tooLarge("the body has more bytes", most);
    yield chunk;
  }
}
