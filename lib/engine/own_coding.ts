/**
 * The content coding that is a file's own, because its name says so: the list's, or the server's, or the URL's.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { codingOfName, codingOfUrl } from "../http/content_coding.ts";
import type { Job } from "../core/download.ts";

/**
 * The coding that the name of a download says it has, as far as it is known before there is a response.
 *
 * @returns Undefined if it says none.
 */
export function ownCoding({ url: asked, original: url = asked, name }: Job): string | undefined {
  return name === undefined ? codingOfUrl(url) : codingOfName(name);
}

/** Whether the server may name a file: not if its list does, nor if it has several URLs, whose servers may differ. */
export function isNamedByServer({ name, mirrors }: Job): boolean {
  return name === undefined && !mirrors?.length;
}

/**
 * The same once there is a response, which may name the file, or be at the end of redirects.
 *
 * @param job The download.
 * @param response The response.
 */
export async function ownCodingOf(job: Job, response: Answer): Promise<string | undefined> {
  const isServers = isNamedByServer(job);
  const disposition = job.target && isServers ? response.headers.get("content-disposition") : null;
  if (disposition !== null) {
    // Imported only here, because it takes 12 ms to start; where something is saved, it is there already
    const { nameFromHeader } = await import("../disk/file_name.ts");
    const name = await nameFromHeader(disposition);
    if (name !== undefined) return codingOfName(name);
  }
  return ownCoding(job) ?? (isServers ? codingOfUrl(response.url) : undefined);
}

const IDENTITY = new WeakMap<Record<string, string>, Record<string, string>>();

/**
 * Headers that ask for nothing packed, unless they ask for something themselves. Made once for each, because clients
 * remember what headers are on the wire.
 *
 * @param headers Headers, with names in lower case.
 */
export function withIdentity(headers: Record<string, string>): Record<string, string> {
  let identity = IDENTITY.get(headers);
  if (identity === undefined) IDENTITY.set(headers, identity = { "accept-encoding": "identity", ...headers });
  return identity;
}
