/** Sending over either client, for tests of what must hold over both. */

import { Client as OwnClient } from "../../lib/http/client.ts";
import type { Send } from "../../lib/http/send.ts";

/** A client of ours, or one of `fetch`. */
export type Client = Deno.HttpClient | OwnClient;

/** How requests are sent over a client. Default: by plain `fetch`. */
export function sendBy(client?: Client): Send {
  if (client instanceof OwnClient) return client.send;
  return client === undefined ? fetch : (url, init) => fetch(url, { ...init, client });
}
