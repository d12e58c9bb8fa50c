import { assertEquals, assertThrows } from "@std/assert";
import { serve } from "../../site/serve.ts";
import { testNeeding, testOverIpv6 } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";

const test = await testNeeding("net");

test("serve() throws AddrInUse when the port is taken", async () => {
  await using first = serve(() => new Response(), { hostname: "127.0.0.1", port: 0 });
  const port = Number(new URL(first.url).port);
  assertThrows(() => serve(() => new Response(), { hostname: "127.0.0.1", port }), Deno.errors.AddrInUse);
});

testOverIpv6(test)("serve() gives the URL that leads to it", async () => {
  for (const [hostname, host] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]]) {
    await using server = serve(() => new Response("here"), { hostname, port: 0 });
    assertEquals(new URL(server.url).hostname, host);
    assertEquals(await (await fetch(server.url)).text(), "here");
  }
});

test("serve() answers what was asked before it stops", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const server = serve(() => (asked.resolve(), answer.promise), { hostname: "127.0.0.1", port: 0 });
  const got = raw(server.url, get("/"));
  await asked.promise;
  const stopped = server.shutdown();
  answer.resolve(new Response("late"));
  await stopped;
  assertEquals((await got).text.endsWith("late"), true);
});
