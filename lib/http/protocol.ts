/**
 * Which HTTP a server speaks without TLS, found out by greeting it once.
 *
 * `fetch` can't ask: without TLS there is no ALPN, so HTTP/2 must be known beforehand ("prior knowledge"). A client's
 * HTTP/2 preface makes an HTTP/2 server answer with its settings at once, before any request, and an HTTP/1.1 server
 * with an error. The settings also tell how many requests one connection may carry.
 *
 * @module
 */

import { connectTcp } from "./connect.ts";
import { GREETING_TIMEOUT_MS } from "./spoken.ts";
import { tcpAddress } from "./tcp_address.ts";

/** What a server speaks. */
export interface Protocol {
  /** The HTTP version to use without TLS. */
  http: 1 | 2;
  /** Requests at once on one HTTP/2 connection, if the server says (SETTINGS_MAX_CONCURRENT_STREAMS). */
  maxStreams?: number;
}

/** The connection preface and an empty SETTINGS frame: RFC 9113 sections 3.4 and 6.5. */
const PREFACE = new Uint8Array([
  ...new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  ...[0, 0, 0, 4, 0, 0, 0, 0, 0],
]);
const FRAME_HEADER_BYTES = 9;
const SETTINGS_FRAME = 4;
const MAX_CONCURRENT_STREAMS = 3;

/** Options of {@linkcode askProtocol}. */
export interface AskOptions {
  /** Milliseconds until HTTP/1.1 is assumed. Default: `GREETING_TIMEOUT_MS`. */
  timeoutMs?: number;
}

/**
 * Asks a server whether it speaks HTTP/2 without TLS, by prior knowledge (RFC 9113 section 3.3).
 *
 * @param origin An `http:` origin, for example `http://127.0.0.1:8000`.
 * @param options How long to wait for the connection and the answer.
 * @returns HTTP/1.1 also where nothing answers: the downloads themselves will say why.
 */
export async function askProtocol(origin: string, options: AskOptions = {}): Promise<Protocol> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const timer = setTimeout(() => aborter.abort(), options.timeoutMs ?? GREETING_TIMEOUT_MS);
  try {
    using connection = await connectTcp({ ...tcpAddress(new URL(origin)), signal });
    signal.addEventListener("abort", () => connection.close());
    await connection.write(PREFACE);
    return await readAnswer(connection);
  } catch {
    return { http: 1 };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the first frame of the answer. Only an HTTP/2 server's is a SETTINGS frame. */
async function readAnswer(connection: Deno.Conn): Promise<Protocol> {
  const answer = new Uint8Array(1_024);
  let length = 0;
  let end = FRAME_HEADER_BYTES;
  while (length < end) {
    const read = await connection.read(answer.subarray(length));
    if (!read) return { http: 1 }; // closed, or longer than settings are
    length += read;
    if (length < FRAME_HEADER_BYTES) continue;
    if (answer[3] !== SETTINGS_FRAME) return { http: 1 };
    end = FRAME_HEADER_BYTES + (answer[0] << 16 | answer[1] << 8 | answer[2]);
  }
  const view = new DataView(answer.buffer, FRAME_HEADER_BYTES, end - FRAME_HEADER_BYTES);
  for (let at = 0; at + 6 <= view.byteLength; at += 6) {
    if (view.getUint16(at) === MAX_CONCURRENT_STREAMS) return { http: 2, maxStreams: view.getUint32(at + 2) };
  }
  return { http: 2 };
}
