/** Bytes behind a body answer no request: whoever takes them for an answer saves one file's bytes under another's name. */

import { assertEquals } from "@std/assert";
import { certificate } from "../../helpers/certificate.ts";
import { testNeeding } from "../../helpers/needs.ts";
import { each, OK, OwnClient, WAYS } from "../../helpers/own_client.ts";
import { RawServer } from "../../helpers/raw_server.ts";

const test = await testNeeding("net");
const testWithOpenssl = await testNeeding("net", "read", "write", "run");

/** Longer than what a connection reads at once (18,432 bytes), so that its end is read apart from its head. */
const LONG = "x".repeat(30_000);
/** Fills the memory that it is read into to the last byte. */
const FITTING = "x".repeat(2 ** 16);
/** A body with which its response fills the memory of a connection to the last byte. */
function filling(bytes: number): string {
  let length = bytes;
  while (OK.length + `content-length: ${length}\r\n\r\n`.length + length > bytes) length--;
  return "x".repeat(length);
}
/** As that memory is at first, and once it has grown. */
const [FIRST, GROWN] = [filling(1_024), filling(18_432)];
const FORGED = `${OK}content-length: 6\r\n\r\nforged`;

const bodies: [name: string, response: string, body: string][] = [
  ["a short body", `${OK}content-length: 5\r\n\r\nhello`, "hello"],
  ["a long body", `${OK}content-length: ${LONG.length}\r\n\r\n${LONG}`, LONG],
  ["a body that fits", `${OK}content-length: ${FITTING.length}\r\n\r\n${FITTING}`, FITTING],
  [
    "a response that fills what a connection begins with",
    `${OK}content-length: ${FIRST.length}\r\n\r\n${FIRST}`,
    FIRST,
  ],
  ["a response that fills what it grows to", `${OK}content-length: ${GROWN.length}\r\n\r\n${GROWN}`, GROWN],
  ["chunks", `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, "hello"],
  ["long chunks", `${OK}transfer-encoding: chunked\r\n\r\n7530\r\n${LONG}\r\n0\r\n\r\n`, LONG],
  ["an empty body", `${OK}content-length: 0\r\n\r\n`, ""],
  ["a 204", "HTTP/1.1 204 No Content\r\n\r\n", ""],
  ["a 204 with Content-Length", "HTTP/1.1 204 No Content\r\ncontent-length: 6\r\n\r\n", ""],
  ["a 304", "HTTP/1.1 304 Not Modified\r\ncontent-length: 6\r\n\r\n", ""],
];
const extras: [name: string, extra: string][] = [
  ["a response that nobody asked for", FORGED],
  ["an empty line", "\r\n"],
  ["garbage", "x"],
];

for (const [what, response, body] of bodies) {
  for (const [which, extra] of extras) {
    test(`Http1Client ends a connection on which ${which} comes with ${what}`, async () => {
      await using server = await RawServer.start(each((socket, request) => {
        socket.write(request.startsWith("GET /first") ? response + extra : `${OK}content-length: 6\r\n\r\nsecond`);
      }));
      using client = new OwnClient();
      let n = 0;
      for (const read of Object.values(WAYS)) {
        assertEquals(await read(await client.fetch(`${server.url}/first`)), body);
        assertEquals(server.connections, ++n);
        assertEquals(await (await client.fetch(`${server.url}/second`)).text(), "second");
        assertEquals(server.connections, ++n);
        n--; // that one is kept, and used for the next
        await (await client.fetch(`${server.url}/second`)).text();
        assertEquals(server.connections, n + 1);
      }
    });
  }
}

for (const [what, response, body] of bodies) {
  for (const [which, extra] of [...extras, ["nothing but a close", ""], ["a 408", "HTTP/1.1 408 Too late\r\n\r\n"]]) {
    test(`Http1Client ends an idle connection on which ${which} comes after ${what}`, async () => {
      const closed = Promise.withResolvers<void>();
      let requests = 0;
      await using server = await RawServer.start(each((socket, request) => {
        requests++;
        if (request.startsWith("GET /second")) return socket.write(`${OK}content-length: 6\r\n\r\nsecond`);
        socket.once("close", () => closed.resolve());
        socket.write(response, () => setTimeout(() => extra === "" ? socket.end() : socket.write(extra), 5));
      }));
      using client = new OwnClient();
      assertEquals(await (await client.fetch(`${server.url}/first`)).text(), body);
      await closed.promise; // by the client, before the connection is used again
      assertEquals(await (await client.fetch(`${server.url}/second`)).text(), "second");
      assertEquals([server.connections, requests], [2, 2]);
    });
  }
}

test("Http1Client skips an empty line that comes before a response", async () => {
  await using server = await RawServer.start(each((socket, _request, nth) => {
    socket.write(`${nth === 1 ? "" : "\r\n"}${OK}content-length: 5\r\n\r\nhello`);
  }));
  using client = new OwnClient();
  for (let n = 0; n < 3; n++) assertEquals(await (await client.fetch(server.url)).text(), "hello");
  assertEquals(server.connections, 1);
});

test("Http1Client takes no answer for an early one, however soon it comes", async () => {
  await using server = await RawServer.start(each((socket, request) => {
    const page = /GET \/(\d+)/.exec(request)?.[1] ?? "";
    socket.write(`${OK}content-length: ${page.length}\r\n\r\n${page}`);
  }));
  using client = new OwnClient();
  for (let n = 0; n < 300; n++) assertEquals(await (await client.fetch(`${server.url}/${n}`)).text(), String(n));
  assertEquals(server.connections, 1);
});

testWithOpenssl("Http1Client knows an early answer over TLS, too", async (t) => {
  const pair = await certificate();
  if (!pair) return void await t.step({ name: "left out: needs openssl", ignore: true, fn() {} });
  let connections = 0;
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
  const serving = (async () => {
    for await (const connection of listener) void answer(connection, ++connections);
  })();
  async function answer(connection: Deno.TlsConn, nth: number) {
    const response = `${OK}content-length: ${FITTING.length}\r\n\r\n${FITTING}`;
    const bytes = new TextEncoder().encode(nth === 1 ? response + FORGED : response);
    const request = new Uint8Array(10_000);
    try {
      while (await connection.read(request) !== null) {
        for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      }
    } catch {
      // the client has closed it
    }
    connection.close();
  }
  {
    using client = new OwnClient({ caCerts: [pair.cert] });
    const url = `https://127.0.0.1:${listener.addr.port}/`;
    for (let n = 0; n < 5; n++) {
      for (const read of Object.values(WAYS)) assertEquals(await read(await client.fetch(url)), FITTING);
    }
  }
  listener.close();
  await serving;
  assertEquals(connections, 2);
});
