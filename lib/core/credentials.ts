/**
 * User names and passwords in URLs: sent as a header, never shown.
 *
 * @module
 */

import { percentDecoded } from "./percent_decoded.ts";

/** A URL that may be shown, and what was taken out of it. */
export interface SplitUrl {
  /** The URL without user name and password. */
  url: string;
  /** The value of an `Authorization` header that says the same (RFC 7617). Absent when the URL had none. */
  authorization?: string;
}

/**
 * Takes the user name and password out of a URL.
 *
 * @param url Any text. What isn't a valid URL loses what looks like credentials all the same, so that logs are safe.
 * @returns The URL without them, otherwise unchanged, and the header to send instead.
 */
export function splitCredentials(url: string): SplitUrl {
  if (!url.includes("@")) return { url };
  const parsed = URL.parse(url);
  if (parsed === null) return { url: url.replace(/^([^/\\?#]*[/\\]{2,})[^/\\?#]*@/, "$1") };
  if (parsed.username === "" && parsed.password === "") return { url };
  const pair = `${percentDecoded(parsed.username)}:${percentDecoded(parsed.password)}`;
  parsed.username = "";
  parsed.password = "";
  return { url: parsed.href, authorization: `Basic ${new TextEncoder().encode(pair).toBase64()}` };
}
