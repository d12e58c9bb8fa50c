/** Sending over either client, for tests of what must hold over both. */

import { Http1Client } from "../../lib/http/http1/client.ts";
import { type Send, sendOver } from "../../lib/http/send.ts";

/** A client of ours, or one of `fetch`. */
export type Client = Deno.HttpClient | Http1Client;

/** How requests are sent over a client. Default: by plain `fetch`. */
export function sendBy(client?: Client): Send {
  if (client instanceof Http1Client) return sendOver(client);
  return client === undefined ? fetch : (url, init) => fetch(url, { ...init, client });
}
