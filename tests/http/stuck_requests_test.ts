/** Requests that come when no connection takes them must not wait for one that nobody makes. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../lib/http/client.ts";
import { F, frame, uint32 } from "../helpers/http2_frames.ts";
import { testNeeding } from "../helpers/needs.ts";
import { each } from "../helpers/own_client.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

const get = (client: Client, url: string, attempt = 1) => {
  return client.send(url, { headers: {}, signal: new AbortController().signal, redirect: "manual", attempt });
};

test("Client makes another connection over HTTP/1.1 for a request that comes while the first one is answered", async () => {
  const hasCome = Promise.withResolvers<void>();
  const waiting: (() => void)[] = [];
  await using server = await RawServer.start(each((socket) => {
    waiting.push(() => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    if (waiting.length === 2) { for (const answer of waiting) answer(); }
    hasCome.resolve();
  }));
  using client = new Client({ http: 1 });
  const first = get(client, server.url);
  await hasCome.promise;
  const second = get(client, server.url);
  assertEquals(await Promise.all([first, second].map(async (answer) => await (await answer).text())), ["ok", "ok"]);
  assertEquals(server.connections, 2);
});

test("Client fails a request that its only connection has refused when no other can be made, each time", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  using client = new Client({ http: 2 });
  const answers = [get(client, url), get(client, url)];
  using conn = await listener.accept();
  listener.close();
  await conn.read(new Uint8Array(1_000));
  const refused = frame(F.RST, 0, 1, uint32(7));
  const page = [...frame(F.HEADERS, 4, 3, [0x88]), ...frame(F.DATA, 1, 3, [111, 107])];
  await conn.write(Uint8Array.from([...frame(F.SETTINGS, 0, 0), ...refused, ...page]));
  await assertRejects(() => answers[0], Deno.errors.ConnectionRefused);
  assertEquals(await (await answers[1]).text(), "ok");
  // The connection is still there, and a dial has just failed
  const third = get(client, url);
  await conn.read(new Uint8Array(1_000));
  await conn.write(frame(F.RST, 0, 5, uint32(7)));
  await assertRejects(() => third, Deno.errors.ConnectionRefused);
});
