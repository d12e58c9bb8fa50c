/** The client over connections of our own: proxies, certificates, addresses, and connections that nobody uses. */

import { assertEquals, assertRejects } from "@std/assert";
import { describeError } from "../../lib/engine/failure.ts";
import { Client } from "../../lib/http/client.ts";
import { Resolver } from "../../lib/http/resolver.ts";
import { certificate } from "../helpers/certificate.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startHttp2Server } from "../helpers/http2_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { each } from "../helpers/own_client.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { startSocksProxy } from "../helpers/socks_proxy.ts";

const test = await testNeeding("net");
const testWithOpenssl = await testNeeding("net", "read", "write", "run");

async function text(client: Client, url: string): Promise<string> {
  return await (await client.send(url, { headers: {}, redirect: "manual" })).text();
}

/** A server of HTTP/1.1 that keeps connections, and what ends when so many of them have been closed by the client. */
async function keepingServer(closes: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = closes;
  const answer = each((socket, _, nth) => {
    if (nth === 1) socket.on("end", () => --left === 0 && resolve());
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  });
  return { server: await RawServer.start(answer), closed: promise };
}

test("Client sends through a SOCKS5 proxy, and lets that look up the name", async () => {
  await using server = new CountingServer();
  await using proxy = await startSocksProxy();
  using client = new Client({ http: "auto", proxy: proxy.url.replace("socks5:", "socks5h:") });
  const { port } = new URL(server.url);
  assertEquals(await text(client, `http://localhost:${port}/12`), "12");
  assertEquals(proxy.asked, [`localhost:${port}`]);
});

test("Client gives a SOCKS5 proxy its user and password, and says what is wrong if those are", async () => {
  await using server = new CountingServer();
  await using proxy = await startSocksProxy({ login: "me:s e" });
  using client = new Client({ http: "auto", proxy: proxy.url.replace("//", "//me:s%20e@") });
  assertEquals(await text(client, `${server.url}/13`), "13");
  using wrong = new Client({ http: "auto", proxy: proxy.url.replace("//", "//me:no@") });
  assertEquals(describeError(await assertRejects(() => text(wrong, server.url))).kind, "proxy-auth");
});

test("Client says so when a SOCKS5 proxy makes no connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nobody = `http://127.0.0.1:${listener.addr.port}/`;
  listener.close();
  await using proxy = await startSocksProxy();
  using client = new Client({ http: "auto", proxy: proxy.url });
  const { kind } = describeError(await assertRejects(() => text(client, nobody)));
  assertEquals([kind, proxy.asked.length], ["refused", 1]);
});

test("Client closes a connection that has had no request for its time", async () => {
  const { server, closed } = await keepingServer(1);
  await using _ = server;
  using client = new Client({ http: 1 }, { idleMs: 8 });
  assertEquals(await text(client, server.url), "ok");
  await closed;
  assertEquals([await text(client, server.url), server.connections], ["ok", 2]);
});

test("Client closes a shared connection that has had no request for its time", async () => {
  await using server = await startHttp2Server(() => "answer");
  using client = new Client({ http: 2 }, { idleMs: 8 });
  assertEquals(await text(client, server.url), "page");
  while (server.open > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  assertEquals([await text(client, server.url), server.connections], ["page", 2]);
});

test("Client keeps no more connections without a request than it may", async () => {
  const { server, closed } = await keepingServer(2);
  await using _ = server;
  using client = new Client({ http: 1, connections: { inFlight: 3, idle: 1 } });
  assertEquals(await Promise.all([1, 2, 3].map(() => text(client, server.url))), ["ok", "ok", "ok"]);
  await closed;
  assertEquals([await text(client, server.url), server.connections], ["ok", 3]);
});

test("Client takes the next address of a host when one can't be reached, of whichever family", async () => {
  await using server = new CountingServer();
  const { port } = new URL(server.url);
  for (const addresses of [["::1", "127.0.0.1"], ["::1", "::1", "127.0.0.1"]]) {
    let lookups = 0;
    const resolver = new Resolver({ lookup: () => (lookups++, Promise.resolve(addresses)) });
    using client = new Client({ http: 1 }, { resolver });
    assertEquals([await text(client, `http://a.test:${port}/14`), lookups], ["14", 1]);
  }
});

test("Client looks a host up again once none of its addresses can be reached, and says that", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  let lookups = 0;
  const resolver = new Resolver({ lookup: () => (lookups++, Promise.resolve(["::1", "127.0.0.1"])) });
  using client = new Client({ http: 1 }, { resolver });
  for (const nth of [1, 2]) {
    const { kind } = describeError(await assertRejects(() => text(client, `http://a.test:${port}/`)));
    assertEquals([kind, lookups], ["refused", nth]);
  }
});

const distrusted = [
  ["signs itself", "127.0.0.1", { isTrusted: false, isExpired: false }, /UnknownIssuer; if you trust .* --cacert/],
  [
    "is for another host",
    "localhost",
    { isTrusted: true, isExpired: false },
    /not valid for name "localhost".*; ask for/,
  ],
  ["has expired", "127.0.0.1", { isTrusted: true, isExpired: true }, /Expired; its server needs a new one/],
] as const;
for (const [what, host, { isTrusted, isExpired }, why] of distrusted) {
  testWithOpenssl(`Client says of a certificate that ${what} what fetch says, and what to do`, async () => {
    const keys = await certificate({ isExpired });
    if (keys === undefined) return console.warn("left out: no openssl here");
    const options = { ...keys, port: 0, hostname: "127.0.0.1", onListen() {} };
    await using server = Deno.serve(options, () => new Response("not to be had"));
    const url = `https://${host}:${server.addr.port}/`;
    const caCerts = isTrusted ? [keys.cert] : undefined;
    using client = new Client({ http: "auto", caCerts });
    using plain = Deno.createHttpClient({ caCerts });
    const ours = describeError(await assertRejects(() => text(client, url)));
    assertEquals(ours, describeError(await assertRejects(() => fetch(url, { client: plain }))));
    assertEquals([ours.kind, why.test(ours.message)], ["tls", true], ours.message);
  });
}
