/**
 * A server of bare HTTP/2 frames that sends what a test says, whatever it is, and notes what comes.
 *
 * @module
 */

import { Http2Connection } from "../../lib/http/http2/connection.ts";
import { RawServer } from "./raw_server.ts";

/** Types and flags of frames (RFC 9113 §6). */
export const F = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST: 3,
  SETTINGS: 4,
  PUSH: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW: 8,
  MORE: 9,
};

/** A frame. */
export function frame(type: number, flags: number, stream: number, payload: ArrayLike<number> = []): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  bytes.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags, ...uint32(stream)]);
  bytes.set(payload, 9);
  return bytes;
}

/** Four bytes, the highest first. */
export function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

/** A header as a literal (RFC 7541 §6.2.2). */
export function literal(name: string, value: string): number[] {
  const text = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return [0, ...text(name), ...text(value)];
}

/** The header `:status: 200` (RFC 7541, Appendix A). */
export const OK = 0x88;

/** A server that sends frames, and a connection to it. */
export interface Peer extends AsyncDisposable {
  client: Http2Connection;
  /** Bytes that came from the client. */
  received: number[];
}

/** Starts a server that sends pieces as soon as so many requests have come, and connects to it. */
export async function peer(pieces: readonly Uint8Array[], { requests = 1, ends = false } = {}): Promise<Peer> {
  const received: number[] = [];
  const server = await RawServer.start((socket, first) => {
    let isSent = false;
    const take = (bytes: Uint8Array) => {
      received.push(...bytes);
      if (isSent || headersIn(received) < requests) return;
      isSent = true;
      socket.setNoDelay(true);
      const send = (at: number) => {
        if (socket.destroyed) return;
        if (at < pieces.length) socket.write(pieces[at], () => send(at + 1));
        else if (ends) socket.end();
      };
      send(0);
    };
    socket.on("data", take);
    take(first);
  });
  const port = Number(new URL(server.url).port);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const client = new Http2Connection(conn, { scheme: "http", authority: "test" });
  return {
    client,
    received,
    async [Symbol.asyncDispose]() {
      client.close(new Error("the test is over"));
      await server[Symbol.asyncDispose]();
    },
  };
}

function headersIn(bytes: readonly number[]): number {
  let count = 0;
  for (let at = 24; at + 9 <= bytes.length; at += 9 + (bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2])) {
    if (bytes[at + 3] === F.HEADERS) count++;
  }
  return count;
}
