/**
 * A server of bare HTTP/2 frames (RFC 9113) that refuses what it is told to, over {@linkcode RawServer}.
 *
 * @module
 */

import { RawServer } from "./raw_server.ts";

/** What becomes of a stream: it is answered, refused, or told that the connection ends with the one before. */
export type Verdict = "answer" | "refuse" | "goaway";

const PREFACE_BYTES = 24;
const HEADERS = 1;
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const;
const REFUSED_STREAM = 7;

/** Starts a server that asks `judge` about every stream; `nth` counts them over all connections, from 1. */
export function startHttp2Server(judge: (nth: number) => Verdict): Promise<RawServer> {
  let nth = 0;
  return RawServer.start((socket, received) => {
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
      const verdict = judge(++nth);
      if (verdict === "answer") {
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
    socket.write(frameOf(FRAME.settings, 0, 0));
    take(received);
    socket.on("data", take);
  });
}

function frameOf(type: number, flags: number, stream: number, payload: number[] = []): Uint8Array {
  return Uint8Array.from([...uint32(payload.length).slice(1), type, flags, ...uint32(stream), ...payload]);
}

function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
