/**
 * One request, over whatever is to carry it.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { type GetOptions, Http1Client } from "./http1/client.ts";

const [ACCEPT_ENCODING, IDENTITY] = ["accept-encoding", "identity"];

/** What carries requests: clients of `fetch`, or connections of our own. */
export type Client = Deno.HttpClient | Http1Client;

/**
 * Sends a request; redirects are not followed. Not async, because an async function more takes 400 bytes for each of
 * 10,000 that wait.
 *
 * @param url Where to, without user and password.
 * @param options Its headers, and what ends it.
 * @param client What carries it. Default: Deno's own client.
 * @throws What `fetch` or {@linkcode Http1Client.get} throws.
 */
export function send(url: string, { headers, signal }: GetOptions, client?: Client): Promise<Answer> {
  if (client instanceof Http1Client) return client.get(url, { headers, signal });
  return fetch(url, { headers: unpackedByUs(headers), signal, client, redirect: "manual" });
}

/** Headers as `fetch` gets them: nearly always the same object is sent. */
const FOR_FETCH = new WeakMap<HeadersInit, [name: string, value: string][]>();

/**
 * Keeps `fetch` from unpacking what is packed. It stops after the first member of gzip and says that this is all; whatever
 * follows an end, it drops. It leaves everything as it is sent when the first `accept-encoding` is `identity`, and so do most
 * servers; what comes packed all the same is unpacked by us. If somebody asks for other codings, they go into a second line,
 * which is as good (RFC 9110 §5.3).
 */
function unpackedByUs(headers: HeadersInit): [name: string, value: string][] {
  let lines = FOR_FETCH.get(headers);
  if (lines === undefined) {
    const others = [...new Headers(headers)].filter(([name, value]) =>
      name !== ACCEPT_ENCODING || value.toLowerCase() !== IDENTITY
    );
    FOR_FETCH.set(headers, lines = [[ACCEPT_ENCODING, IDENTITY], ...others]);
  }
  return lines;
}
