/**
 * A server of bare HTTP/2 frames (RFC 9113) that refuses what it is told to, over {@linkcode RawServer}.
 *
 * @module
 */

import { type AnswerBytes, RawServer } from "./raw_server.ts";

/**
 * What becomes of a stream: it is answered, refused, told that the connection ends with the one before, or that HTTP/1.1 is
 * required; its connection is cut; or nothing.
 */
export type Verdict = "answer" | "refuse" | "goaway" | "http/1.1" | "hang up" | "hold";

/** How the server greets. */
export interface Http2ServerOptions {
  /** Where it listens. Default: any free port. */
  port?: number;
  /** Streams that it takes at once on a connection. Default: it doesn't say. */
  maxStreams?: number;
  /** The same, said a moment later. Default: it stays as it was. */
  laterStreams?: number;
  /** What it does when it is asked over HTTP/1.1. Default: it answers `old`. */
  onHttp1?: (socket: Parameters<AnswerBytes>[0]) => void;
}

const PREFACE_BYTES = 24;
const HEADERS = 1;
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const;
const REFUSED_STREAM = 7;
const HTTP_1_1_REQUIRED = 13;
const MAX_CONCURRENT_STREAMS = 3;

/** Starts a server that asks `judge` about every stream; `nth` counts them over all connections, from 1. */
export function startHttp2Server(
  judge: (nth: number, connection: number) => Verdict,
  { port, maxStreams, laterStreams, onHttp1 }: Http2ServerOptions = {},
): Promise<RawServer> {
  let nth = 0;
  let connections = 0;
  return RawServer.start((socket, received) => {
    const connection = ++connections;
    let bytes = new Uint8Array();
    let toSkip = PREFACE_BYTES;
    let lastAnswered = 0;
    let isClosing = false;
    const take = (more: Uint8Array) => {
      bytes = Uint8Array.from([...bytes, ...more]);
      if (bytes.length < toSkip) return;
      bytes = bytes.slice(toSkip);
      toSkip = 0;
      for (let frame = nextFrame(); frame; frame = nextFrame()) {
        if (frame.type === FRAME.settings && (frame.flags & 1) === 0) socket.write(frameOf(FRAME.settings, 1, 0));
        if (frame.type === HEADERS && !isClosing) decide(frame.stream);
      }
    };
    const nextFrame = () => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (bytes.length < 9 || bytes.length < 9 + (view.getUint32(0) >>> 8)) return undefined;
      const frame = { type: bytes[3], flags: bytes[4], stream: view.getUint32(5) & 0x7fffffff };
      bytes = bytes.slice(9 + (view.getUint32(0) >>> 8));
      return frame;
    };
    const decide = (stream: number) => {
      const verdict = judge(++nth, connection);
      if (verdict === "hold") return;
      if (verdict === "hang up") return void socket.destroy();
      if (verdict === "http/1.1") {
        socket.write(frameOf(FRAME.reset, 0, stream, uint32(HTTP_1_1_REQUIRED)));
      } else if (verdict === "answer") {
        lastAnswered = stream;
        socket.write(frameOf(FRAME.headers, 4, stream, [0x88])); // ":status: 200" (RFC 7541 appendix A)
        socket.write(frameOf(FRAME.data, 1, stream, [...new TextEncoder().encode("page")]));
      } else if (verdict === "refuse") {
        socket.write(frameOf(FRAME.reset, 0, stream, uint32(REFUSED_STREAM)));
      } else {
        isClosing = true;
        socket.end(frameOf(FRAME.goaway, 0, 0, [...uint32(lastAnswered), ...uint32(0)]));
      }
    };
    const text = new TextDecoder().decode(received);
    if (!text.startsWith("PRI")) { // it is asked over HTTP/1.1
      if (onHttp1) return onHttp1(socket);
      return void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold");
    }
    const limit = (streams: number) => frameOf(FRAME.settings, 0, 0, [0, MAX_CONCURRENT_STREAMS, ...uint32(streams)]);
    socket.write(maxStreams === undefined ? frameOf(FRAME.settings, 0, 0) : limit(maxStreams));
    if (laterStreams !== undefined) {
      const timer = setTimeout(() => socket.write(limit(laterStreams)), 20);
      socket.on("close", () => clearTimeout(timer));
    }
    take(received);
    socket.on("data", take);
  }, port);
}

function frameOf(type: number, flags: number, stream: number, payload: number[] = []): Uint8Array {
  return Uint8Array.from([...uint32(payload.length).slice(1), type, flags, ...uint32(stream), ...payload]);
}

function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
