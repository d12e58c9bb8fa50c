/**
 * One request, over whatever is to carry it.
 *
 * @module
 */

import type { Answer } from "./answer.ts";
import { type GetOptions, Http1Client } from "./http1_client.ts";

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
  return fetch(url, { headers, signal, client, redirect: "manual" });
}
