/**
 * What is wrong with a URL, if anything is.
 *
 * @module
 */

import { quoted } from "../core/printable.ts";

/** Origins remembered as valid at most, about 100 bytes each. */
const MAX_ORIGINS = 10_000;

const validOrigins = new Set<string>();

/**
 * Says what is wrong with a URL. Only what comes before its path can be (https://url.spec.whatwg.org/#path-state has no
 * failure), and that is the same for most URLs of a list: remembering it saves parsing millions of them.
 *
 * @param url The URL.
 * @returns What is wrong, if anything is.
 */
export function urlProblem(url: string): string | undefined {
  if (url.includes("\ufffd")) return `${quoted(url, 100)} is not UTF-8`;
  if (url.includes("\t")) return `${quoted(url, 100)} has a tab in it`;
  const slash = url.indexOf("/", "https://".length);
  const origin = slash < 0 ? url : url.slice(0, slash);
  if (validOrigins.has(origin)) return undefined;
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) {
    return `${quoted(url, 100)} is not an http:// or https:// URL`;
  }
  if (validOrigins.size === MAX_ORIGINS) validOrigins.clear();
  validOrigins.add(origin);
  return undefined;
}
