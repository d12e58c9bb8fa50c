/**
 * A client that sends one GET over HTTP/2 without TLS and shows the frames that come back (RFC 9113 §4 and §6).
 *
 * @module
 */

/** A frame, as far as tests look into it. */
export interface Frame {
  /** What it is. */
  type: "DATA" | "HEADERS" | "RST_STREAM" | "SETTINGS" | "GOAWAY" | "OTHER";
  /** Whether it ends its stream. */
  endsStream: boolean;
  /** What it carries. */
  payload: Uint8Array;
}

/** What came over a connection. */
export interface RawHttp2Answer {
  /** The frames, but those about windows and pings. */
  frames: Frame[];
  /** Bytes at the end that are no frame. */
  rest: number;
  /** How the connection ended: closed in order, reset, or still open after the stream had ended. */
  end: "closed" | "reset" | "open";
}

const TYPES = ["DATA", "HEADERS", "OTHER", "RST_STREAM", "SETTINGS", "OTHER", "OTHER", "GOAWAY"] as const;
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/** Sends `GET path` and reads frames until the stream or the connection ends. */
export async function rawHttp2(url: string, path: string): Promise<RawHttp2Answer> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const text = (name: number, value: string) => [name, value.length, ...new TextEncoder().encode(value)];
  // HPACK (RFC 7541): indexed GET and http, literal :path and :authority under their indexed names.
  const headers = [0x82, 0x86, ...text(0x04, path), ...text(0x01, "test")];
  const frame = [0, 0, headers.length, 1, 0x5, 0, 0, 0, 1, ...headers];
  await connection.write(Uint8Array.from([...PREFACE, ...SETTINGS, ...frame]));

  const frames: Frame[] = [];
  const buffer = new Uint8Array(65_536);
  let bytes = new Uint8Array();
  const answer = (end: RawHttp2Answer["end"]) => ({ frames, rest: bytes.byteLength, end });
  try {
    for (;;) {
      const size = await connection.read(buffer);
      if (size === null) return answer("closed");
      bytes = Uint8Array.from([...bytes, ...buffer.subarray(0, size)]);
      for (let frame = readFrame(bytes); frame; frame = readFrame(bytes)) {
        bytes = bytes.slice(9 + frame.payload.byteLength);
        if (frame.type !== "OTHER") frames.push(frame);
        if (frame.endsStream) return answer("open");
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return answer("reset");
    throw error;
  }
}

function readFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.byteLength < 9) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(0) >>> 8;
  const type = TYPES[view.getUint8(3)] ?? "OTHER";
  if (view.getUint8(3) > 9 || bytes.byteLength < 9 + length) return undefined;
  const flagged = (type === "DATA" || type === "HEADERS") && (view.getUint8(4) & 1) === 1;
  return { type, endsStream: flagged || type === "RST_STREAM", payload: bytes.slice(9, 9 + length) };
}
