/**
 * Responses that break, each in its way, over HTTP/1.1 and over HTTP/2.
 *
 * A fault of one response becomes RST_STREAM over HTTP/2 (RFC 9113 §6.4), and the connection's other streams go on. A
 * fault of the connection ends them all, as it would on a real network.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { clientSocket } from "./client_socket.ts";
import { BrokenOnPurpose } from "./errors.ts";
import type { Fault } from "./parameters.ts";
import { firstBytes, joined, type Pieces, streamOf } from "./pieces.ts";
import { sendRaw } from "./raw_reply.ts";

/** Whose response breaks, and what would have been in it. */
export interface FaultOptions {
  /** The client. */
  client: Deno.NetAddr;
  /** Whether it speaks HTTP/2. */
  http2: boolean;
  /** Whether it speaks TLS, so that nothing can be written past that. */
  secure: boolean;
  /** The status that is said, where one still is. */
  status: number;
  /** The headers that are sent, where some still are. */
  headers: Headers;
  /** The whole body. */
  pieces: Pieces;
  /** Makes so many bytes of garbage. */
  garbage: (length: number) => Uint8Array<ArrayBuffer>;
  /** The length of the whole body in bytes. */
  length: number;
}

/** Milliseconds that a stalled response is held for a client that never gives up. */
const STALL_MS = 600_000;
/** Milliseconds that what comes before a break is given to leave the server. */
const FLUSH_MS = 20;
/** Bytes of garbage: enough to fill a status line, a frame header, a chunk size. */
const GARBAGE = 512;

/**
 * Breaks a response.
 *
 * Where the client's socket isn't available (see client_socket.ts), the faults that need it become the nearest one that
 * doesn't: a response whose body breaks off before its first byte.
 *
 * @returns What is left to send; undefined when the connection has been dealt with.
 */
export function breakResponse(
  fault: Exclude<Fault, "BIT_FLIP">,
  options: FaultOptions,
): Response | undefined | Promise<Response | undefined> {
  const { client, headers, pieces, garbage, length, status } = options;
  const http2 = options.http2 || options.secure;
  switch (fault) {
    case "STALL":
      headers.set("content-length", String(Math.max(1, length)));
      return new Response(silence(), { status, headers });
    case "TRUNCATE": {
      headers.set("content-length", String(Math.max(1, length)));
      const half = firstBytes(pieces, Math.floor(length / 2));
      return new Response(cutShort(half), { status, headers });
    }
    case "EMPTY_RESPONSE":
      if (!http2 && close(client)) return;
      return new Response(cutShort(), { status, headers });
    case "MALFORMED_RESPONSE_CHUNK":
      if (!http2 && close(client, malformedChunk(status, garbage(GARBAGE)))) return;
      return new Response(cutShort([garbage(GARBAGE)]), { status, headers });
    case "RANDOM_DATA_THEN_CLOSE":
      if (close(client, garbage(GARBAGE))) return;
      return new Response(cutShort(), { status, headers });
    case "CONNECTION_RESET_BY_PEER": {
      const socket = clientSocket(client);
      socket?.reset();
      return socket ? undefined : new Response(cutShort(), { status, headers });
    }
    default:
      return lieAboutLength(fault, options);
  }
}

/**
 * Sends the whole body, but says something else about its length, or sends more behind it.
 *
 * Over HTTP/1.1 that is written past Deno.serve, which would correct it. Over HTTP/2 and where the socket can't be had,
 * Deno.serve says what the headers here say, and ends the stream where the body does.
 */
async function lieAboutLength(lie: LengthLie, options: FaultOptions): Promise<Response | undefined> {
  const { client, http2, secure, status, headers, pieces, length, garbage } = options;
  const { said, extra = 0 } = {
    CONTENT_LENGTH_MISSING: { said: [] },
    CONTENT_LENGTH_SHORT: { said: [Math.floor(length / 2)] },
    CONTENT_LENGTH_LONG: { said: [length + 1] },
    CONTENT_LENGTH_TWICE: { said: [length, length + 1] },
    EXTRA_BYTES: { said: [length], extra: GARBAGE },
    EXTRA_RESPONSE: { said: [length], extra: GARBAGE },
  }[lie] as { said: number[]; extra?: number };
  const isKept = lie === "EXTRA_RESPONSE";
  if (!http2 && !secure) {
    const fields = [...headers].map(([name, value]) => `${name}: ${value}`);
    fields.push(...said.map((each) => `content-length: ${each}`), ...isKept ? [] : ["connection: close"]);
    const after = extra && !isKept ? garbage(extra) : undefined;
    if (await sendRaw(client, { status, fields, pieces, after, close: !isKept })) {
      // The client takes what Deno.serve sends now for the answer to its next request.
      return isKept ? new Response(garbage(Math.max(1, length)), { status, headers }) : undefined;
    }
  }
  for (const each of said) headers.append("content-length", String(each));
  return new Response(streamOf(joined(pieces, [garbage(extra)])), { status, headers });
}

type LengthLie = Extract<Fault, `CONTENT_LENGTH_${string}` | `EXTRA_${string}`>;

/** Ends the client's connection, after some last bytes. Returns whether that could be done. */
function close(client: Deno.NetAddr, lastWords?: Uint8Array<ArrayBuffer>): boolean {
  const socket = clientSocket(client);
  if (lastWords) socket?.write(lastWords);
  socket?.end();
  return socket !== undefined;
}

/** A response that begins well and goes on with what is no chunk (RFC 9112 §7.1). */
function malformedChunk(status: number, garbage: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(
    `HTTP/1.1 ${status} Malformed\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  const all = new Uint8Array(head.byteLength + garbage.byteLength);
  all.set(head);
  all.set(garbage, head.byteLength);
  return all;
}

/** A body that breaks off after these bytes. */
function cutShort(pieces: Pieces = []): ReadableStream<Uint8Array> {
  return streamOf((async function* () {
    let begun = false;
    for await (const piece of pieces) {
      begun = true;
      yield piece;
    }
    // RST_STREAM overtakes what hasn't been sent yet, the headers too.
    if (begun) await delay(FLUSH_MS);
    throw new BrokenOnPurpose("the body was asked to break off here");
  })());
}

/** A body that never begins, until the client gives up. */
function silence(): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setTimeout>;
  return new ReadableStream({
    start(controller) {
      timer = setTimeout(() => controller.error(new BrokenOnPurpose("no client waits that long")), STALL_MS);
    },
    cancel: () => clearTimeout(timer),
  });
}
