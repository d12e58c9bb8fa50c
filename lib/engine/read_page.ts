/**
 * Pages of the slow website, which must be the number that is expected.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { wholeLength } from "../disk/resume.ts";
import type { Watched } from "../http/watched.ts";
import { chunksOf, wholeBody } from "../http/response_body.ts";
import { AttemptError } from "./attempt.ts";

/** Bytes a page of the slow website may have: a number has about twenty. A server that answers more isn't the slow website. */
export const MAX_PAGE_BYTES = 1_024;

/** Digits of a number that is exact however it is worked out. */
const SAFE_DIGITS = 15;

const DECODER = new TextDecoder();

/**
 * Reads a page that must be the expected number, in as few steps as its size allows: a page is read 100,000 times per second.
 *
 * @returns The page; at once, if it is there already.
 */
export function readPage(
  response: Answer,
  watched: Watched,
  expected: number,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  const page = response.taken?.();
  if (page === undefined) return whatComes(response, watched, expected);
  watched.bytes = page.length;
  return checked(page, expected);
}

async function whatComes(response: Answer, watched: Watched, expected: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = wholeLength(response) ?? Infinity;
  const page = length <= MAX_PAGE_BYTES
    ? await wholeBody(response, length, watched)
    : await firstBytes(response, watched);
  return checked(page, expected);
}

/** The start of a body whose size isn't known, or is too large for a number; the rest is cancelled. */
async function firstBytes(response: Answer, watched: Watched): Promise<Uint8Array<ArrayBuffer>> {
  let start = new Uint8Array();
  for await (const chunk of chunksOf(response, watched)) {
    const longer = new Uint8Array(start.length + chunk.length);
    longer.set(start);
    longer.set(chunk, start.length);
    start = longer;
    if (watched.bytes > MAX_PAGE_BYTES) break;
  }
  return start;
}

function checked(page: Uint8Array<ArrayBuffer>, expected: number): Uint8Array<ArrayBuffer> {
  if (numberIn(page) === expected) return page;
  const text = DECODER.decode(page);
  // Of a longer one, not all has been read
  if (page.length <= MAX_PAGE_BYTES && text.trim() === String(expected)) return page;
  throw new AttemptError("unexpected-value", `the page says ${JSON.stringify(text.slice(0, 40))}, not ${expected}`);
}

/** The number that a page consists of, if it is written as JavaScript would; undefined if that has to be looked at closely. */
function numberIn(page: Uint8Array): number | undefined {
  const { length } = page;
  if (length === 0 || length > SAFE_DIGITS || (page[0] === 48 && length > 1)) return undefined;
  let number = 0;
  for (let at = 0; at < length; at++) {
    const digit = page[at] - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = 10 * number + digit;
  }
  return number;
}
