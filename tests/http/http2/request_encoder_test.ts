import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http2";
import { Http2Connection } from "../../../lib/http/http2/connection.ts";
import type { HeaderFields } from "../../../lib/http/http2/request_encoder.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net");

/** Sends requests to a server with a decoder of somebody else, and says which headers it saw. */
async function seen(
  requests: [path: string, fields: HeaderFields, method?: "HEAD"][],
  settings: { headerTableSize?: number } = {},
): Promise<IncomingHttpHeaders[]> {
  const all: IncomingHttpHeaders[] = [];
  const server = createServer({ settings });
  server.on("stream", (stream, headers) => {
    all.push(Object.fromEntries(Object.entries(headers))); // without symbols
    stream.respond({ ":status": 200 });
    headers[":method"] === "HEAD" ? stream.end() : stream.end("x");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: address.port });
  const client = new Http2Connection(conn, { scheme: "http", authority: "example.com" });
  for (const [path, fields, method] of requests) {
    const stream = client.get(path, fields, { method });
    await stream.head;
    assertEquals(await stream.bytes(), method === "HEAD" ? new Uint8Array() : Uint8Array.of(120));
  }
  client.close();
  const closed = once(server, "close");
  server.close();
  await closed;
  return all;
}

const SAME: HeaderFields = [["accept", "*/*"], ["cookie", "a=b"], ["x-long", "y".repeat(300)]];
const PSEUDO = { ":method": "GET", ":scheme": "http", ":authority": "example.com" };
const FIELDS = { "accept": "*/*", "cookie": "a=b", "x-long": "y".repeat(300) };

for (const headerTableSize of [undefined, 0, 64]) {
  const table = headerTableSize === undefined
    ? "its usual dynamic table"
    : `a dynamic table of ${headerTableSize} bytes`;
  test(`RequestEncoder writes blocks that another decoder reads, with ${table}`, async () => {
    const requests: [string, HeaderFields, "HEAD"?][] = [
      ["/first", SAME],
      ["/second?q=%20", SAME],
      ["/third", [["accept", "text/html"]]],
      ["/fourth", SAME, "HEAD"],
      ["/fifth", []],
    ];
    const [first, second, third, fourth, fifth] = await seen(
      requests,
      headerTableSize === undefined ? {} : { headerTableSize },
    );
    assertEquals(first, { ...PSEUDO, ...FIELDS, ":path": "/first" });
    assertEquals(second, { ...PSEUDO, ...FIELDS, ":path": "/second?q=%20" });
    assertEquals(third, { ...PSEUDO, ":path": "/third", accept: "text/html" });
    assertEquals(fourth, { ...PSEUDO, ...FIELDS, ":method": "HEAD", ":path": "/fourth" });
    assertEquals(fifth, { ...PSEUDO, ":path": "/fifth" });
  });
}
