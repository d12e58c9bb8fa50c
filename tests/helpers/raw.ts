/**
 * A client that knows no HTTP, to see the bytes on the wire and how the connection ended.
 *
 * @module
 */

/** What came over a connection. */
export interface RawAnswer {
  /** Everything that came, as text, a byte a character. */
  text: string;
  /** How the connection ended: closed in order, reset, or still open when the wait for it was over. */
  end: "closed" | "reset" | "open";
}

/**
 * Sends bytes and reads what comes until the connection ends.
 *
 * @param url The server; only its host and port count.
 * @param bytes What to send, a byte a character.
 * @param options `until`: stop reading, with the connection still open, once this holds for what came so far.
 */
export async function raw(
  url: string,
  bytes: string,
  options: { until?: (text: string) => boolean } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const toSend = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  for (let sent = 0; sent < toSend.length;) sent += await connection.write(toSend.subarray(sent));
  let text = "";
  const buffer = new Uint8Array(65_536);
  try {
    while (!options.until?.(text)) {
      const size = await connection.read(buffer);
      if (size === null) return { text, end: "closed" };
      for (const byte of buffer.subarray(0, size)) text += String.fromCharCode(byte);
    }
    return { text, end: "open" };
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return { text, end: "reset" };
    throw error;
  }
}

/** The bytes of a GET over HTTP/1.1 after which the connection closes. */
export function get(path: string, headers = "connection: close\r\n"): string {
  return `GET ${path} HTTP/1.1\r\nhost: test\r\n${headers}\r\n`;
}
