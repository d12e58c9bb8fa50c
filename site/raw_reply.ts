/**
 * Answers over HTTP/1.1 that Deno.serve wouldn't send, written into the client's socket byte by byte.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { STATUS_TEXT } from "@std/http/status";
import { clientSocket } from "./client_socket.ts";
import type { Pieces } from "./pieces.ts";

/** Milliseconds between two looks at a socket that is full, and until a client that reads nothing is given up. */
const FULL_MS = 5;
const PATIENCE_MS = 600_000;

/** What to send. */
export interface RawReply {
  /** The status. */
  status: number;
  /** The lines of the head, each as it is: `content-length: 5`. */
  fields: string[];
  /** The body that is sent, whatever the head says. */
  pieces: Pieces;
  /** What is sent behind the body. Default: nothing. */
  after?: Uint8Array<ArrayBuffer>;
  /** Whether the connection is ended behind it. */
  close: boolean;
}

/** Sends an answer. Resolves with whether the socket could be had at all; then nothing is left to send. */
export async function sendRaw(client: Deno.NetAddr, reply: RawReply): Promise<boolean> {
  if (!clientSocket(client)) return false;
  const { status, fields, pieces, after, close } = reply;
  const line = `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Unknown"}`;
  const head = new TextEncoder().encode([line, ...fields, "", ""].join("\r\n"));
  let isThere = await write(client, head);
  try {
    for await (const piece of isThere ? pieces : []) {
      isThere = await write(client, piece);
      if (!isThere) break;
    }
  } catch {
    // The body broke off where it came from, and so does what is left of it here.
    clientSocket(client)?.reset();
    return true;
  }
  if (isThere && after) await write(client, after);
  if (close) clientSocket(client)?.end();
  return true;
}

/** Writes all of it, as the client takes it. Resolves with whether the client is still there. */
async function write(client: Deno.NetAddr, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const begin = performance.now();
  for (let sent = 0;;) {
    // Looked up each time: while this waited, the client may have left, and its descriptor may be another's.
    const socket = clientSocket(client);
    if (!socket || performance.now() - begin > PATIENCE_MS) return false;
    const more = socket.write(bytes.subarray(sent));
    sent += more;
    if (sent === bytes.byteLength) return true;
    if (more === 0) await delay(FULL_MS);
  }
}
