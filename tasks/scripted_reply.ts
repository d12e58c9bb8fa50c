/**
 * An answer that says exactly what it is told to say, whether that is true or not, and how it is sent.
 *
 * @module
 */

/** Bytes that are sent at a time. */
const PIECE = 65_536;

/** What is to be sent: a status line, headers, a body, and whether the body is sent in chunks. */
export interface Reply {
  /** The status code and what it is called. */
  status: string;
  /** The headers, but for those of the framing, which they may contradict. */
  headers: Record<string, string>;
  /** The body. */
  body: Uint8Array;
  /** Whether the body is sent in chunks. Default: it has a length. */
  chunked?: boolean;
}

/** The rest of a body, from a byte on, as a truthful 206. */
export function part({ headers, body, chunked }: Reply, from: number): Reply {
  const range = { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` };
  return { status: "206 Partial Content", headers: { ...headers, ...range }, body: body.subarray(from), chunked };
}

/**
 * Sends a reply.
 *
 * @param connection Where to.
 * @param reply The reply.
 * @param options `end`: bytes of the body after which it breaks off. `pauseMs`: milliseconds between two pieces of it.
 */
export async function send(
  connection: Deno.TcpConn,
  { status, headers, body, chunked }: Reply,
  { end, pauseMs }: { end: number; pauseMs: number },
): Promise<void> {
  const encoder = new TextEncoder();
  const framing: Record<string, string> = chunked
    ? { "transfer-encoding": "chunked" }
    : { "content-length": `${body.length}` };
  const lines = Object.entries({ ...framing, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await writeAll(connection, encoder.encode(`HTTP/1.1 ${status}\r\nconnection: close\r\n${lines}\r\n`));
  for (let at = 0; at < end; at += PIECE) {
    const piece = body.subarray(at, Math.min(at + PIECE, end));
    if (chunked) await writeAll(connection, encoder.encode(`${piece.length.toString(16)}\r\n`));
    await writeAll(connection, piece);
    if (chunked) await writeAll(connection, encoder.encode("\r\n"));
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  if (chunked && end === body.length) await writeAll(connection, encoder.encode("0\r\n\r\n"));
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
