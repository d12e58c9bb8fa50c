/** What is waited for and what isn't: hosts that refuse, that go away, and bodies that come bit by bit. */

import { assert, assertEquals } from "@std/assert";
import { async } from "../../async.ts";
import type { Failed, Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { simple } from "../../simple.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type AnswerBytes, RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net", "read", "write", "env");

/** Downloads into a folder of its own. */
async function collect(strategy: Strategy, urls: string[], options: StrategyOptions = {}): Promise<Outcome[]> {
  const output = await Deno.makeTempDir();
  const outcomes: Outcome[] = [];
  try {
    await strategy(urls, (outcome) => outcomes.push(outcome), { workers: 1, output, ...options });
  } finally {
    await Deno.remove(output, { recursive: true });
  }
  return outcomes;
}

const pages = (url: string, count: number) => Array.from({ length: count }, (_, n) => `${url}/${n}`);
const failures = (outcomes: Outcome[]) => outcomes.filter((each): each is Failed => each.result === "failed");
const total = (server: CountingServer) => server.counts().reduce((sum, count) => sum + count, 0);

for (const strategy of [async, optimized, download]) {
  test(`${strategy.title}() gets every file from a host that allows 20 requests per second, and wastes few`, async () => {
    const times: number[] = [];
    await using server = new CountingServer({
      answer(path) {
        const now = performance.now();
        while (times.length > 0 && now - times[0] >= 1_000) times.shift();
        return times.length < 20 && times.push(now) ? new Response(path) : new Response("slow down", { status: 503 });
      },
    });
    const outcomes = await collect(strategy, pages(server.url, 50));
    assertEquals([outcomes.length, failures(outcomes)], [50, []]);
    assert(total(server) <= 110, `${total(server)} requests`);
  });
}

test("a URL that is always refused doesn't keep its host's others waiting once the circuit is open", async () => {
  const refusals: string[] = [];
  await using server = new CountingServer({
    answer(path, nth) {
      if (path !== "/3" && nth > 2) return new Response(path);
      refusals.push(path);
      return new Response("no", { status: 503 });
    },
  });
  let before = Infinity;
  await simple(pages(server.url, 4), ({ id, result }) => {
    if (id < 3) before = refusals.filter((path) => path === "/3").length;
    assertEquals(result, id < 3 ? "done" : "failed");
  }, { backoffMs: 1, retryMaxTimeMs: 2_000 });
  assert(before <= 4, `the others waited for ${before} refusals of the one`);
});

test("a URL that is always refused fails after its retries, while the host answers others", async () => {
  await using server = new CountingServer({
    answer: (path) => path === "/30" ? new Response("no", { status: 503 }) : new Response(path),
  });
  const outcomes = await collect(async, pages(server.url, 200), { backoffMs: 1, retries: 3 });
  assertEquals(failures(outcomes).map(({ status, attempts }) => [status, attempts]), [[503, 4]]);
});

test("a host that refuses everything is waited for as long as was asked, and no longer", async () => {
  await using server = new CountingServer({ answer: () => new Response("no", { status: 503 }) });
  const outcomes = await collect(async, pages(server.url, 200), { backoffMs: 1, retryMaxTimeMs: 400 });
  assertEquals([outcomes.length, failures(outcomes).length], [200, 200]);
  assert(total(server) < 150, `${total(server)} requests`);
  const untried = failures(outcomes).find(({ kind }) => kind === "circuit-open");
  assertEquals(untried?.message, `not tried, because ${new URL(server.url).host} refuses every request`);
});

test("retries of 0 mean that nothing is tried again, whatever the reason", async () => {
  await using server = new CountingServer({ answer: () => new Response("no", { status: 503 }) });
  const outcomes = await collect(async, pages(server.url, 4), { retries: 0 });
  assertEquals([failures(outcomes).length, server.counts()], [4, [1, 1, 1, 1]]);
});

test("retryOn has further statuses tried again, and none has none", async () => {
  const answer = (_: string, nth: number) => new Response("no", { status: nth === 1 ? 403 : nth === 2 ? 502 : 200 });
  for (const [retryOn, requests, result] of [[[403], 3, "done"], [[], 1, "failed"], ["none", 1, "failed"]] as const) {
    await using server = new CountingServer({ answer });
    const outcomes = await collect(async, [`${server.url}/a`], { backoffMs: 1, retryOn });
    assertEquals([outcomes[0].result, total(server)], [result, requests], String(retryOn));
  }
});

test("a host that comes back after a while loses no URL, and none of them has used up its retries", async () => {
  const answer: AnswerBytes = (socket) =>
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  const before = await RawServer.start(answer);
  await before[Symbol.asyncDispose]();
  const restarted = Promise.withResolvers<RawServer>();
  const restart = () => RawServer.start(answer, Number(new URL(before.url).port)).then(restarted.resolve);
  const later = setTimeout(restart, 1_800);
  const outcomes = await collect(async, pages(before.url, 50), { concurrency: 8, backoffMs: 1, retries: 1 });
  clearTimeout(later);
  await (await restarted.promise)[Symbol.asyncDispose]();
  // Four had failed before it was known that it is the host
  assert(failures(outcomes).length <= 4, JSON.stringify(failures(outcomes)));
});

const MIB = 2 ** 20;
const CONTENT = new Uint8Array(9 * MIB).map((_, n) => n % 251);

/** A server that sends so many bytes of a file and hangs up, and goes on there when it is asked to. */
function bitByBit(size: number, each: number): AnswerBytes {
  return (socket, received) => {
    const head = new TextDecoder().decode(received);
    const start = Number(/range: bytes=(\d+)-/i.exec(head)?.[1] ?? 0);
    const status = start > 0
      ? `206 Partial Content\r\ncontent-range: bytes ${start}-${size - 1}/${size}`
      : "200 OK\r\naccept-ranges: bytes";
    socket.write(`HTTP/1.1 ${status}\r\netag: "v1"\r\ncontent-length: ${size - start}\r\n\r\n`);
    socket.end(CONTENT.subarray(start, Math.min(start + each, size)));
  };
}

for (const strategy of [async, optimized, download]) {
  test(`${strategy.title}() gets a body that breaks off again and again, megabytes further each time, with one retry`, async () => {
    const size = 8 * MIB + 5;
    await using server = await RawServer.start(bitByBit(size, 3 * MIB));
    const options = { backoffMs: 1, retries: 1, digest: true };
    const [outcome] = await collect(strategy, [`${server.url}/large`], options);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", CONTENT.subarray(0, size))).toHex();
    assertEquals(outcome.result === "done" ? [outcome.size, outcome.sha256] : outcome, [size, digest]);
    assert(outcome.attempts >= 3, `${outcome.attempts} attempts`); // what was on its way when it broke off may be lost
  });
}

test("a body that comes a few bytes an attempt fails after its retries", async () => {
  let nth = 0;
  await using server = await RawServer.start((socket, received) =>
    bitByBit(9 * MIB, nth++ === 0 ? 2 * MIB : 100)(socket, received)
  );
  const [outcome] = await collect(async, [`${server.url}/large`], { backoffMs: 1, retries: 2 });
  assertEquals([outcome.result, outcome.attempts], ["failed", 4], "one that brought two megabytes, and three");
});
