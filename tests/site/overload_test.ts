import { assert, assertEquals, assertMatch } from "@std/assert";
import { ConnectionPace } from "../../site/connection_pace.ts";
import { Limits } from "../../site/limits.ts";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

const statusOf = (text: string) => Number(text.slice(9, 12));
const statuses = async (url: string, path: string, count: number) => {
  const all = [];
  for (let i = 0; i < count; i++) all.push(statusOf((await raw(url, get(path))).text));
  return all;
};
const client = (hostname: string): Deno.NetAddr => ({ transport: "tcp", hostname, port: 1 });

test("fail_first fails so often for each URL, then works, then fails no more", async () => {
  await using site = serveSite();
  assertEquals(await statuses(site.url, "/7?fail_first=2", 4), [503, 503, 200, 200]);
  assertEquals(await statuses(site.url, "/8?fail_first=2", 3), [503, 503, 200]);
  assertEquals(await statuses(site.url, "/7?fail_first=1&status=429", 2), [429, 200]);
  assertEquals(await statuses(site.url, "/7?fail_first=1&fault=TRUNCATE&numbytes=9", 2), [200, 200]);
  assertEquals(site.stats.report().faults, { TRUNCATE: 1 });
  await (await fetch(`${site.url}stats`, { method: "DELETE" })).body?.cancel();
  assertEquals(await statuses(site.url, "/7?fail_first=2", 3), [503, 503, 200]);
});

test("an outage fails everything while it lasts, and comes again", async () => {
  await using site = serveSite();
  assertEquals(await statuses(site.url, "/7?outage=600000", 2), [503, 503]);
  assertEquals(await statuses(site.url, "/7?outage=0", 2), [200, 200]);
  const seen = new Set<number>();
  while (seen.size < 2) {
    for (const status of await statuses(site.url, "/7?outage=20&outage_interval=40", 1)) seen.add(status);
  }
  assertEquals([...seen].sort(), [200, 503]);
});

test("a cold start holds what comes before it is over, and nothing after that", async () => {
  await using site = serveSite();
  const start = performance.now();
  await Promise.all([1, 2, 3].map((n) => raw(site.url, get(`/${n}?cold_start=100`))));
  assert(performance.now() - start >= 99);
  const held = await raw(site.url, get("/4?cold_start=600000"));
  assertEquals(statusOf(held.text), 200);
});

test("ConnectionPace makes bodies of one connection share its rate, and others not", async () => {
  const pace = new ConnectionPace();
  const { signal } = new AbortController();
  const [one, other] = [pace.of(client("a"), 1_000), pace.of(client("b"), 1_000)];
  const order: string[] = [];
  const done = (name: string) => () => void order.push(name);
  await Promise.all([
    one.wait(100, signal).then(done("first")),
    pace.of(client("a"), 1_000).wait(100, signal).then(done("same connection")),
    other.wait(50, signal).then(done("other connection")),
  ]);
  assertEquals(order, ["other connection", "first", "same connection"]);
  assertEquals([one.pieceSize, pace.of(client("a"), 1).pieceSize, pace.of(client("a"), 2 ** 30).pieceSize], [
    50,
    1,
    65_536,
  ]);
});

test("connection_rate slows a body down, announces its length, and stops when nobody takes it", async () => {
  await using site = serveSite();
  const start = performance.now();
  const response = await fetch(`${site.url}7?numbytes=1000&connection_rate=10000`);
  assertEquals([response.headers.get("content-length"), (await response.bytes()).length], ["1000", 1_000]);
  assert(performance.now() - start >= 99);
  const slow = await fetch(`${site.url}7?numbytes=1000&connection_rate=1`);
  await slow.body?.cancel();
  while (site.stats.inFlight > 0) await raw(site.url, get("/stats"));
  const refused = await fetch(`${site.url}7?numbytes=1000000&connection_rate=1`);
  assertEquals([refused.status, (await refused.json()).detail[0].loc], [422, ["query", "connection_rate"]]);
});

test("refuseWith says nothing, or slow down as S3 does", async () => {
  for (const [refuseWith, status] of [["nothing", 429], ["slow-down", 503], ["retry-after", 429]] as const) {
    await using site = serveSite({ requestsPerSecond: 0.001, refuseWith });
    await raw(site.url, get("/7"));
    const { text } = await raw(site.url, get("/7"));
    assertEquals(statusOf(text), status);
    assertEquals(/^retry-after: \d+\r$/m.test(text), refuseWith === "retry-after");
    assertEquals(text.includes("<Code>SlowDown</Code>"), refuseWith === "slow-down");
  }
});

test("burst lets in so many at once, and rateLimitHeaders say what is left, also of the refused", async () => {
  await using site = serveSite({ requestsPerSecond: 0.001, burst: 3, rateLimitHeaders: "ietf" });
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push((await raw(site.url, get("/7"))).text);
  assertEquals(answers.map(statusOf), [200, 200, 200, 429]);
  const left = answers.map((text) => /^ratelimit: "default";r=(\d+);t=\d+\r$/m.exec(text)?.[1]);
  assertEquals(left, ["2", "1", "0", "0"]);
  assertMatch(answers[0], /^ratelimit-policy: "default";q=3;w=3000\r$/m);

  await using x = serveSite({ requestsPerSecond: 5, rateLimitHeaders: "x" });
  const { text } = await raw(x.url, get("/7"));
  assertMatch(text, /^x-ratelimit-limit: 5\r$/m);
  assertMatch(text, /^x-ratelimit-remaining: 4\r$/m);
  const reset = Number(/^x-ratelimit-reset: (\d+)\r$/m.exec(text)?.[1]);
  assert(Math.abs(reset - Date.now() / 1_000) < 5);
});

test("limits can be for each client address, or for each host that is asked", async () => {
  for (const limitPer of ["address", "host"] as const) {
    await using site = serveSite({ requestsPerSecond: 0.001, limitPer });
    const ask = async (host: string) => {
      const { text } = await raw(site.url, `GET /7 HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      return statusOf(text);
    };
    assertEquals(await ask("one"), 200);
    assertEquals(await ask("one"), 429);
    assertEquals(await ask("two"), limitPer === "host" ? 200 : 429);
  }
  const limits = new Limits({ requestsPerSecond: 1, limitPer: "address" });
  const throttle = limits.of("http://x/", client("127.0.0.2"));
  assertEquals(limits.of("http://y/", client("127.0.0.2")) === throttle, true);
  assertEquals(limits.of("http://x/", client("127.0.0.3")) === throttle, false);
});

test("Limits holds 4,096 throttles at most, and forgets those that are idle first", async () => {
  const limits = new Limits({ maxConcurrentRequests: 1, limitPer: "address" });
  const busy = limits.of("http://x/", client("busy"));
  assertEquals(await busy.enter(), undefined);
  for (let i = 0; i < 10_000; i++) limits.of("http://x/", client(String(i)));
  assertEquals(limits.of("http://x/", client("busy")) === busy, true);
});

test("POST /restart breaks connections off, refuses new ones, and answers again", async () => {
  await using site = serveSite();
  const open = raw(site.url, get("/7?fault=STALL"));
  while (site.stats.inFlight < 1) await raw(site.url, get("/stats"));
  const answer = await fetch(`${site.url}restart?down=200`, { method: "POST" });
  assertEquals([answer.status, await answer.text()], [202, ""]);
  assert((await open).end !== "open");
  const { hostname, port } = new URL(site.url);
  const refused = await Deno.connect({ hostname, port: Number(port) }).then((c) => (c.close(), false), () => true);
  assertEquals(refused, true);
  for (;;) {
    const again = await raw(site.url, get("/8")).catch(() => undefined);
    if (again?.text.endsWith("8")) break;
  }
  assertEquals((await fetch(`${site.url}restart?down=x`, { method: "POST" }).then((r) => r.json())).detail[0].loc, [
    "query",
    "down",
  ]);
});

test("POST /restart says so where the site doesn't hold its listener", async () => {
  await using site = serveSite({ onRestart: undefined });
  const answer = await fetch(`${site.url}restart`, { method: "POST" });
  assertEquals([answer.status, await answer.json()], [501, { detail: "Not Implemented" }]);
});
