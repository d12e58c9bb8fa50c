/**
 * HTTP/2 frames (RFC 9113 §4 and §6), out and in.
 *
 * @module
 */

/** Bytes of our own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The types of frames. */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
/** The flags of frames, as far as they matter here. */
export const FLAG = { ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;
/** The settings, as far as they matter here. */
export const SETTING = { HEADER_TABLE_SIZE: 1, MAX_CONCURRENT_STREAMS: 3, INITIAL_WINDOW_SIZE: 4 } as const;

/** What a client begins with (RFC 9113 §3.4). */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** The most that a frame may carry unless a setting says more. */
export const MAX_FRAME = 16_384;

/** A frame. */
export interface Frame {
  /** What it is; see {@linkcode TYPE}. */
  type: number;
  /** Its flags; see {@linkcode FLAG}. */
  flags: number;
  /** Its stream; 0 for the connection. */
  stream: number;
  /** What it carries. */
  payload: Uint8Array<ArrayBuffer>;
}

/** A frame as bytes. */
export function frame(type: number, flags: number, stream: number, payload: ArrayLike<number> = []): Bytes {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A number of 32 bits, as a payload or a part of one. */
export const uint32 = (value: number): number[] => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];

/** SETTINGS with these values. */
export function settings(values: Partial<Record<keyof typeof SETTING, number>>): Bytes {
  const pairs = Object.entries(values) as [keyof typeof SETTING, number][];
  return frame(TYPE.SETTINGS, 0, 0, pairs.flatMap(([name, value]) => [0, SETTING[name], ...uint32(value)]));
}

/** Reads the frames of a connection, after its preface. Ends where the connection does, or what comes is no frame. */
export async function* framesOf(connection: Deno.Conn): AsyncGenerator<Frame> {
  const buffer = new Uint8Array(65_536);
  let held: Bytes = new Uint8Array();
  let isBegun = false;
  for (;;) {
    const size = await connection.read(buffer).catch(() => null);
    if (size === null) return;
    const all = new Uint8Array(held.length + size);
    all.set(held);
    all.set(buffer.subarray(0, size), held.length);
    held = all;
    if (!isBegun) {
      if (held.length < PREFACE.length) continue;
      if (new TextDecoder().decode(held.subarray(0, PREFACE.length)) !== PREFACE) return;
      held = held.slice(PREFACE.length);
      isBegun = true;
    }
    let at = 0;
    while (held.length - at >= 9) {
      const view = new DataView(held.buffer, held.byteOffset + at);
      const length = view.getUint32(0) >>> 8;
      if (length > MAX_FRAME) return;
      if (held.length - at < 9 + length) break;
      const payload = held.slice(at + 9, at + 9 + length);
      yield { type: view.getUint8(3), flags: view.getUint8(4), stream: view.getUint32(5) & 0x7fffffff, payload };
      at += 9 + length;
    }
    held = held.slice(at);
  }
}
