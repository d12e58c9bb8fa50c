/**
 * The URL of a server to stand in front of.
 *
 * @module
 */

/** What an upstream's URL may be, in words. */
export const AN_ORIGIN = "an http or https URL of a host and perhaps a port, with nothing behind that";

/**
 * Reads it.
 *
 * @param text An origin: all paths are the upstream's, and secrets aren't kept here.
 * @throws {RangeError} If it is none.
 */
export function upstreamUrl(text: string): URL {
  const url = URL.parse(text);
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname + url.search + url.hash === "/" &&
    url.username + url.password === "" && !/[?#]/.test(text);
  if (!isOrigin) throw new RangeError(AN_ORIGIN);
  return url;
}
