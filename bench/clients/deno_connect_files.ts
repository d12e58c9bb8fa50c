/**
 * Bare connections, and nothing around them: what everything costs at least that speaks HTTP/1.1 in JavaScript on Deno and
 * leaves no half file. It knows no more of HTTP than nginx says here.
 */

import { CA_CERTS, download } from "./deno_files.ts";

const BUFFER_BYTES = 2 ** 19;
const latin1 = new TextDecoder("latin1");

function connect({ protocol, hostname, port }: URL): Promise<Deno.Conn> {
  const address = { hostname, port: Number(port) };
  return protocol === "https:" ? Deno.connectTls({ ...address, caCerts: CA_CERTS }) : Deno.connect(address);
}

function bytes(read: number | null): number {
  if (read === null) throw new Error("the connection ended too early");
  return read;
}

await download(() => {
  let connection: Deno.Conn | undefined;
  const buffer = new Uint8Array(BUFFER_BYTES);
  return async (url, path) => {
    connection ??= await connect(url);
    const request = `GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    let head = "";
    let end = -1;
    let filled = 0;
    while ((end = head.indexOf("\r\n\r\n")) < 0) {
      filled += bytes(await connection.read(buffer.subarray(filled)));
      head = latin1.decode(buffer.subarray(0, Math.min(filled, 1_024)));
    }
    if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`${url}: ${head.slice(0, 20)}`);
    using file = Deno.openSync(path, { write: true, create: true });
    let left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    for (let from = end + 4; left > 0; from = 0, filled = 0) {
      while (filled < buffer.length && filled - from < left) {
        filled += bytes(await connection.read(buffer.subarray(filled)));
      }
      file.writeSync(buffer.subarray(from, filled));
      left -= filled - from;
    }
    if (!/connection: close/i.test(head)) return;
    connection.close(); // nginx does so after 1,000 requests
    connection = undefined;
  };
});
Deno.exit(); // connections are still open
