import { assert, assertEquals, assertRejects } from "@std/assert";
import { MAX_REMEMBERED_ORIGINS, STREAMS_PER_CLIENT } from "../../constants.ts";
import type { Job } from "../../lib/core/download.ts";
import { ClientPool, CLIENTS_ABREAST } from "../../lib/http/client_pool.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding, testOverIpv6 } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

const job = (url: string, id = 0, attempt = 1): Job => ({ id, attempt, url });

const get = (url: string, client: Deno.HttpClient) => fetch(url, { client });

/** Downloads over a pool. */
async function download(pool: ClientPool, job: Job): Promise<string> {
  const response = await get(job.url, await pool.pick(job, job.id));
  return await response.text();
}

test("ClientPool speaks HTTP/2 to a server that does", async () => {
  await using server = new CountingServer({ holdUntil: 50 });
  using pool = new ClientPool();
  const pages = Array.from({ length: 50 }, (_, id) => download(pool, job(`${server.url}/${id}`, id)));
  assertEquals((await Promise.all(pages)).length, 50);
  assertEquals(server.connections.size, 1);
});

test("ClientPool has a connection for as many requests as a server lets one carry", async () => {
  const inFlight = 5 * STREAMS_PER_CLIENT;
  await using server = new CountingServer({ holdUntil: inFlight });
  using pool = new ClientPool();
  const pages = Array.from({ length: inFlight }, (_, id) => download(pool, job(`${server.url}/${id}`, id)));
  await Promise.all(pages);
  assertEquals([server.peak, server.connections.size], [inFlight, 5]);
});

test("ClientPool speaks HTTP/1.1 to a server that knows nothing newer, which it asks once", async () => {
  const greetings: string[] = [];
  await using server = await RawServer.start((socket, received) => {
    greetings.push(new TextDecoder().decode(received).slice(0, 14));
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  });
  using pool = new ClientPool();
  const pages = await Promise.all([0, 1, 2, 3].map((id) => download(pool, job(`${server.url}/${id}`, id))));
  assertEquals(pages, ["ok", "ok", "ok", "ok"]);
  assertEquals(greetings[0], "PRI * HTTP/2.0");
  assertEquals(greetings.slice(1).sort(), [0, 1, 2, 3].map((id) => `GET /${id} HTTP/1.`));
});

test("ClientPool asks each server what it speaks", async () => {
  await using old = await RawServer.start((socket) => {
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold");
  });
  await using modern = new CountingServer({ answer: () => new Response("new") });
  using pool = new ClientPool();
  assertEquals(await download(pool, job(old.url)), "old");
  assertEquals(await download(pool, job(modern.url)), "new");
});

test("ClientPool answers at once for a server it knows", async () => {
  await using server = new CountingServer();
  using pool = new ClientPool();
  await pool.pick(job(`${server.url}/0`), 0);
  assert(pool.pick(job(`${server.url}/1`, 1), 0) instanceof Deno.HttpClient);
});

test("ClientPool sends a retry over another connection", async () => {
  await using server = new CountingServer();
  using pool = new ClientPool();
  const ports: Set<number>[] = [];
  for (const attempt of [1, 2]) {
    await download(pool, job(`${server.url}/0`, 0, attempt));
    ports.push(new Set(server.connections));
  }
  assertEquals(ports.map(({ size }) => size), [1, 2]);
});

test("ClientPool closes its connections when disposed of", async () => {
  await using server = new CountingServer();
  let client;
  {
    using pool = new ClientPool();
    await download(pool, job(server.url));
    client = await pool.pick(job(server.url), 0);
  }
  const late = get(server.url, client);
  await assertRejects(() => late);
});

test("ClientPool that was never used has nothing to close", () => {
  new ClientPool()[Symbol.dispose]();
});

test("ClientPool leaves what is served over TLS to ALPN, without asking", () => {
  using pool = new ClientPool();
  assert(pool.pick(job("https://127.0.0.1/"), 0) instanceof Deno.HttpClient);
});

test("ClientPool gives a client for what is no URL, so that the attempt can say why it fails", async () => {
  using pool = new ClientPool();
  for (const url of ["", "no url", "http://", "ftp://127.0.0.1/", "http://[broken/"]) {
    assert(await pool.pick(job(url), 0) instanceof Deno.HttpClient, url);
  }
});

test("ClientPool keeps apart ports, and finds the server of a URL without a path", async () => {
  await using one = new CountingServer({ answer: () => new Response("one") });
  await using two = new CountingServer({ answer: () => new Response("two") });
  using pool = new ClientPool();
  assertEquals(await download(pool, job(`${one.url}?query=http://a/b`)), "one");
  assertEquals(await download(pool, job(two.url)), "two");
});

testOverIpv6(test)("ClientPool finds a server at an IPv6 address", async () => {
  const server = Deno.serve({ port: 0, hostname: "::1", onListen() {} }, () => new Response("six"));
  {
    using pool = new ClientPool();
    assertEquals(await download(pool, job(`http://[::1]:${server.addr.port}/`)), "six");
  }
  await server.shutdown();
});

test("ClientPool forgets what it knew of servers before it knows too many", () => {
  using pool = new ClientPool();
  // Over TLS nothing is asked, so that this is quick; what counts is that it ends, and that it still answers.
  for (let n = 0; n <= MAX_REMEMBERED_ORIGINS; n++) pool.pick(job(`https://host${n}.invalid/`), 0);
  assert(pool.pick(job("https://host0.invalid/"), 0) instanceof Deno.HttpClient);
});

test("ClientPool fills a connection before it opens the next, and has no more than it is told", async () => {
  const inFlight = STREAMS_PER_CLIENT + 1;
  await using server = new CountingServer({ holdUntil: inFlight });
  using pool = new ClientPool({ clients: Infinity, http: "auto" });
  await Promise.all(Array.from({ length: inFlight }, (_, id) => download(pool, job(`${server.url}/${id}`, id))));
  assertEquals(server.connections.size, 2);
  await using second = new CountingServer();
  using one = new ClientPool({ clients: 1, http: "auto" });
  await Promise.all(Array.from({ length: inFlight }, (_, id) => download(one, job(`${second.url}/${id}`, id))));
  assertEquals(second.connections.size, 1);
});

test("ClientPool speaks the HTTP it is told to, without asking", async () => {
  await using server = new CountingServer({ holdUntil: 3 });
  using pool = new ClientPool({ clients: Infinity, http: 1 });
  assert(pool.pick(job(server.url), 0) instanceof Deno.HttpClient, "at once");
  await Promise.all([0, 1, 2].map((id) => download(pool, job(`${server.url}/${id}`, id))));
  assertEquals(server.connections.size, 3, "HTTP/1.1 has one request on a connection at a time");
});

test("ClientPool spreads requests over TLS on some connections, and opens further ones when those are full", () => {
  using pool = new ClientPool({ clients: Infinity, http: "alpn" });
  const clients = (lanes: number[]) => new Set(lanes.map((lane) => pool.pick(job("https://127.0.0.1/"), lane))).size;
  const full = CLIENTS_ABREAST * STREAMS_PER_CLIENT;
  assertEquals(clients(Array.from({ length: CLIENTS_ABREAST }, (_, lane) => lane)), CLIENTS_ABREAST);
  assertEquals(clients(Array.from({ length: full }, (_, lane) => lane)), CLIENTS_ABREAST);
  assertEquals(clients(Array.from({ length: full + 1 }, (_, lane) => lane)), CLIENTS_ABREAST + 1);
  assertEquals(pool.size, CLIENTS_ABREAST + 1);
});
