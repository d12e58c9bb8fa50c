/**
 * HTTPS whose answers end when the connection does, and whose connections end without saying so: no close_notify
 * (RFC 8446 §6.1), and no length. Whoever cuts such a connection can make a client take a part for the whole.
 *
 * It speaks HTTP/1.1, GET and HEAD, one request a connection.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { STATUS_TEXT } from "@std/http/status";
import { acceptAll } from "../accept.ts";
import { clientSocket, socketsAvailable } from "../client_socket.ts";
import type { Served, ServeOptions } from "../serve.ts";
import type { Certificates } from "./certificates.ts";

/** Bytes of a request's head at most. */
const MAX_HEAD = 65_536;
/** Milliseconds that what was written is given to leave. */
const FLUSH_MS = 20;

/**
 * Serves so.
 *
 * @param handler Answers the requests.
 * @param options Where to serve, and with which certificate.
 * @throws {Deno.errors.NotSupported} Where connections can't be ended so; see client_socket.ts.
 */
export function serveWithoutCloseNotify(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  options: ServeOptions & Certificates,
): Served {
  if (!socketsAvailable()) {
    throw new Deno.errors.NotSupported("--tls-fault no-close-notify works on Linux only, and with --allow-ffi");
  }
  const { hostname, port, cert, key, onTrouble } = options;
  const listener = Deno.listenTls({ hostname, port, cert, key, alpnProtocols: ["http/1.1"] });
  const open = new Set<Promise<void>>();
  let isClosed = false;
  const take = (connection: Deno.TlsConn) => {
    const served = answer(connection, handler).catch((error) => onTrouble?.(error)).finally(() => open.delete(served));
    open.add(served);
  };
  const accepting = acceptAll(listener, { take, isClosed: () => isClosed, onTrouble });
  const shutdown = async () => {
    isClosed = true;
    listener.close();
    await accepting;
    await Promise.all(open);
  };
  const url = `https://${hostname}:${listener.addr.port}/`;
  return { url, restart: () => undefined, shutdown, [Symbol.asyncDispose]: shutdown };
}

async function answer(connection: Deno.TlsConn, handler: Deno.ServeHandler<Deno.NetAddr>): Promise<void> {
  using open = connection;
  const remoteAddr = open.remoteAddr as Deno.NetAddr;
  const request = await readRequest(open);
  if (request === undefined) return;
  const { promise: completed, resolve } = Promise.withResolvers<void>();
  try {
    const { status, headers, body } = await handler(request, { remoteAddr, completed });
    const fields = [...headers].filter(([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name));
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? ""}`,
      ...fields.map(([name, value]) => `${name}: ${value}`),
    ];
    const writer = open.writable.getWriter();
    await writer.write(new TextEncoder().encode([...lines, "connection: close", "", ""].join("\r\n")));
    for await (const piece of body ?? []) await writer.write(piece);
    await delay(FLUSH_MS);
    clientSocket(remoteAddr)?.end();
    writer.releaseLock();
  } finally {
    resolve();
  }
}

/** Reads the head of a request; undefined if the client left, or that is none. */
async function readRequest(connection: Deno.TlsConn): Promise<Request | undefined> {
  let head = "";
  const buffer = new Uint8Array(8_192);
  while (!head.includes("\r\n\r\n") && head.length < MAX_HEAD) {
    const size = await connection.read(buffer).catch(() => null);
    if (size === null) return undefined;
    head += Array.from(buffer.subarray(0, size), (byte) => String.fromCharCode(byte)).join("");
  }
  const [line, ...fields] = head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
  const [, method, path] = /^(GET|HEAD) (\/\S*) HTTP\/1\.1$/.exec(line) ?? [];
  if (method === undefined) return undefined;
  const headers = new Headers(
    fields.map((field): [string, string] => [field.split(":")[0], field.slice(field.indexOf(":") + 1).trim()]),
  );
  const url = URL.parse(path, `https://${headers.get("host") ?? "localhost"}`);
  return url ? new Request(url, { method, headers }) : undefined;
}
