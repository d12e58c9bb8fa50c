import { assertEquals } from "@std/assert";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = testOnSockets(await testNeeding("net", "ffi"));

test("connections above maxConnections are reset, until one of the others ends", async () => {
  await using site = serveSite({ maxConnections: 2 });
  const [first, second] = await Promise.all([1, 2].map(() => Deno.connect({ port: Number(new URL(site.url).port) })));
  const ask = async (connection: Deno.TcpConn) => {
    await connection.write(new TextEncoder().encode(get("/7", "")));
    await connection.read(new Uint8Array(1_000));
  };
  await ask(first);
  await ask(second);
  await ask(first);
  assertEquals(await raw(site.url, get("/7")), { text: "", end: "reset" });
  first.close();
  while ((await raw(site.url, get("/7"))).end === "reset");
  second.close();
  assertEquals(site.stats.report().responses[200] >= 4, true);
});

test("maxConnections lets in no more of a burst than it says", async () => {
  await using site = serveSite({ maxConnections: 10, behaviour: { delay: 100 } });
  const ends = await Promise.all(Array.from({ length: 50 }, () => raw(site.url, get("/7"))));
  assertEquals(ends.filter(({ end }) => end === "closed").length, 10);
  assertEquals(site.stats.report().faults, { MAX_CONNECTIONS: 40 });
});
