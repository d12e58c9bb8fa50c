/** Requests that wait for a connection of our own before their time begins. */

import { assertEquals } from "@std/assert";
import type { Job } from "../../lib/core/download.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { settle } from "../../lib/core/settings.ts";
import { inLanes } from "../../lib/engine/in_lanes.ts";
import { Session } from "../../lib/engine/session.ts";
import { Client } from "../../lib/http/client.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startHttp2Server } from "../helpers/http2_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

const TWO = { inFlight: 2, idle: 2 };
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A server that speaks HTTP/1.1 only, and answers a request after `ms`. */
function slowServer(ms: number): Promise<RawServer> {
  return RawServer.start((socket, received) => {
    if (received[0] === "P".charCodeAt(0)) return void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    const answer = () => setTimeout(() => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), ms);
    socket.on("data", answer);
    answer();
  });
}

/** Downloads over 2 connections. */
async function outcomes(urls: string[], { http, signal }: { http: 1 | "auto"; signal?: AbortSignal }) {
  const options = { http, connectTimeoutMs: 500, retries: 0 } as const;
  const settings = { ...settle(options, { concurrency: 100 }), connections: TWO };
  using session = new Session(settings, signal ?? new AbortController().signal);
  using client = new Client(settings);
  const jobs = urls.map((url, id): Job => ({ id, url, attempt: 1 }));
  const takeNow = () => jobs.shift();
  const next = () => {
    const value = takeNow();
    return Promise.resolve(value ? { done: false as const, value } : { done: true as const, value: undefined });
  };
  const ended: Outcome[] = [];
  await inLanes({ next, takeNow, settle: (outcome) => void ended.push(outcome) }, session, {
    lanes: 100,
    sendFor: ({ url }) => client.sendFor(url),
  });
  return ended.map((outcome) => outcome.result === "failed" ? outcome.kind : outcome.result);
}

for (const http of [1, "auto"] as const) {
  test(`a wait for one of our 2 connections is no part of the 500 ms that a server has, with http ${http}`, async () => {
    await using server = await slowServer(40); // 60 of them take 1,200 ms
    const results = await outcomes(Array.from({ length: 60 }, (_, n) => `${server.url}/${n}`), { http });
    assertEquals(results, Array(60).fill("done"));
  });
}

test("what waits for a connection ends with the run", async () => {
  const aborter = new AbortController();
  await using server = await RawServer.start(() => aborter.abort());
  const results = await outcomes(Array(60).fill(server.url), { http: 1, signal: aborter.signal });
  assertEquals(results, Array(60).fill("aborted"));
});

test("what waits for one server's connection begins when another server's is free", async () => {
  await using server = await slowServer(1);
  await using other = await slowServer(1);
  const urls = Array.from({ length: 60 }, (_, n) => `${n % 2 ? server.url : other.url}/${n}`);
  assertEquals(await outcomes(urls, { http: 1 }), Array(60).fill("done"));
});

test("Client.sendFor() lets requests begin as there are connections, and all when it is closed", async () => {
  const held = Promise.withResolvers<void>();
  await using server = new CountingServer({ answer: () => held.promise.then(() => new Response("page")) });
  using client = new Client({ http: 1, connections: TWO });
  let begun = 0;
  const pages = Array.from({ length: 60 }, async () => {
    const send = await client.sendFor(server.url);
    begun++;
    return (await send(server.url, { headers: {}, redirect: "manual" })).text();
  });
  const settled = Promise.allSettled(pages);
  while (server.peak < 2) await turn();
  await turn();
  assertEquals(begun, 2);
  client[Symbol.dispose]();
  await turn();
  assertEquals(begun, 60);
  held.resolve();
  assertEquals((await settled).filter(({ status }) => status === "fulfilled").length >= 2, true);
});

test("Client.sendFor() holds nothing up where a connection is shared, or nothing limits connections", async () => {
  await using server = await startHttp2Server(() => "answer");
  using limited = new Client({ http: 2, connections: { inFlight: 1, idle: 1 } });
  const get = async (client: Client) => {
    const send = await client.sendFor(server.url);
    return (await send(server.url, { headers: {}, redirect: "manual" })).text();
  };
  assertEquals(await Promise.all(Array.from({ length: 60 }, () => get(limited))), Array(60).fill("page"));
  assertEquals(limited.sendFor(server.url), limited.send);
  using unlimited = new Client();
  assertEquals(unlimited.sendFor(server.url), unlimited.send);
});

test("Client.sendFor() leaves it to the request to say what is wrong with a URL", () => {
  using client = new Client({ http: 1, connections: TWO });
  for (const url of ["ftp://a/", "http://", "nonsense"]) assertEquals(client.sendFor(url), client.send);
});
