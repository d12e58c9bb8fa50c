/**
 * Lists that are on a website.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import { UsageError } from "../core/errors.ts";

/** Whether what names a list is a URL. */
export function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input);
}

/** What a list is called in messages. */
export function listName(input: string): string {
  return input === "-" ? "stdin" : isUrl(input) ? splitCredentials(input).url : input;
}

/**
 * Asks for a list.
 *
 * @param from Its URL.
 * @returns Its bytes, as they come.
 * @throws {UsageError} If it can't be had.
 */
export async function openListUrl(from: string): Promise<ReadableStream<Uint8Array>> {
  const { url, authorization } = splitCredentials(from);
  try {
    const response = await fetch(url, { headers: authorization === undefined ? {} : { authorization } });
    if (response.ok && response.body) return response.body;
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replaceAll(from, url) : cause;
    throw new UsageError(`cannot read the list ${url}: ${why}`, { cause });
  }
}
