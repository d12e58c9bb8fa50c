/**
 * Asks a website for its robots.txt (RFC 9309 §2.3).
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { discard } from "./discard.ts";
import { followRedirects, RedirectError } from "./redirects.ts";
import { represent } from "./represent.ts";
import { chunksOf } from "./response_body.ts";
import { retryAfter } from "./retry_after.ts";
import { MOST_ROBOTS_BYTES } from "./robots_rules.ts";
import type { Send } from "./send.ts";

/** Redirects that are followed; after more it counts as one that can't be had (§2.3.1.2). */
export const MAX_ROBOTS_REDIRECTS = 5;

/** What came of it: what is in the file, nothing if there is none, or why that isn't known. */
export type RobotsAnswer = { text: string } | { why: string; retryAfterMs?: number };

/** How to ask. */
export interface RobotsRequestOptions {
  /** The headers of the request. */
  headers: Record<string, string>;
  /** Sends it. */
  send: Send;
  /** Ends it. */
  signal: AbortSignal;
  /** 1 for the first attempt, one more for each retry. */
  attempt: number;
}

/**
 * Asks once.
 *
 * @param origin The website.
 * @param options How.
 * @returns What came of it. With status 4xx there are no rules (§2.3.1.3); with 5xx, or without an answer, nothing may be asked
 * for (§2.3.1.4).
 */
export async function requestRobots(origin: string, options: RobotsRequestOptions): Promise<RobotsAnswer> {
  const { headers, send, signal, attempt } = options;
  try {
    const answer = await followRedirects(`${origin}/robots.txt`, { headers }, {
      maxRedirects: MAX_ROBOTS_REDIRECTS,
      allowDowngrade: true,
      fetch: (url, { headers = {} }) => send(url, { headers, signal, attempt, redirect: "manual" }),
    });
    const { status } = answer;
    if (answer.ok && status !== 204 && status !== 205) return { text: await textOf(answer, signal) };
    const retryAfterMs = retryAfter(answer.headers.get("retry-after"), { date: answer.headers.get("date") });
    await discard(answer);
    if (status < 500 && status !== 429) return { text: "" };
    return { why: `its server answered ${status}`, retryAfterMs };
  } catch (error) {
    if (error instanceof RedirectError) return { text: "" };
    const reason = signal.aborted ? signal.reason : error;
    return { why: reason instanceof Error ? reason.message : String(reason) };
  }
}

/** The file, as far as it is read; of a line that is cut off, nothing is. */
async function textOf(answer: Answer, signal: AbortSignal): Promise<string> {
  const options = { raw: false, ofName: undefined, signal, onPacked() {} };
  const plain = answer.headers.has("content-encoding") ? await represent(answer, options) : answer;
  const bytes = new Uint8Array(MOST_ROBOTS_BYTES);
  let length = 0;
  for await (const chunk of chunksOf(plain, { bytes: 0, lastDataAt: 0 })) {
    const some = chunk.subarray(0, bytes.length - length);
    bytes.set(some, length);
    length += some.length;
    if (length === bytes.length) break;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return length < bytes.length ? text : text.slice(0, Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1);
}
