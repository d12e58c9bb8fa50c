/**
 * Pages of the slow website, which must be the number that is expected.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { wholeLength } from "../disk/resume.ts";
import type { Watched } from "../http/deadlines.ts";
import { chunksOf, wholeBody } from "../http/response_body.ts";
import { AttemptError } from "./attempt.ts";

/** Bytes a page of the slow website may have: a number has about twenty. A server that answers more isn't the slow website. */
export const MAX_PAGE_BYTES = 1_024;

/** Reads a page that must be the expected number, in as few steps as its size allows: a page is read 10,000 times per second. */
export async function readPage(response: Answer, watched: Watched, expected: number): Promise<string> {
  const length = wholeLength(response) ?? Infinity;
  let text;
  if (length <= MAX_PAGE_BYTES) {
    text = new TextDecoder().decode(await wholeBody(response, length, watched));
  } else {
    text = await firstBytes(response, watched);
  }
  if (text.trim() === String(expected)) return text;
  throw new AttemptError("unexpected-value", `the page says ${JSON.stringify(text.slice(0, 40))}, not ${expected}`);
}

/** The start of a body whose size isn't known, or is too large for a number; the rest is cancelled. */
async function firstBytes(response: Answer, watched: Watched): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(response, watched)) {
    text += decoder.decode(chunk, { stream: true });
    if (watched.bytes > MAX_PAGE_BYTES) break;
  }
  return text;
}
