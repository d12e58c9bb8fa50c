/** What one host does must not cost the others: shown by the order in which downloads end, and by counting. */

import { assert, assertEquals } from "@std/assert";
import { async } from "../../async.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Item, Source } from "../../lib/core/source.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { threaded } from "../../threaded.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type AnswerBytes, RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net", "read");

/** Downloads, and says what became of each URL in the order in which they ended. */
async function collect(strategy: Strategy, urls: Item[], options: StrategyOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await strategy(urls, (outcome) => outcomes.push(outcome), { retries: 0, backoffMs: 1, ...options });
  return outcomes;
}

/** Downloads until so many downloads have ended well, and says how many had failed by then. */
async function failedBefore(done: number, strategy: Strategy, urls: Source, options: StrategyOptions): Promise<number> {
  const aborter = new AbortController();
  const ended = { done: 0, failed: 0, skipped: 0 };
  await strategy(urls, ({ result }) => {
    if (!aborter.signal.aborted) ended[result]++;
    if (ended.done === done) aborter.abort();
  }, { ...options, signal: aborter.signal });
  assertEquals(ended.done, done);
  return ended.failed;
}

/** Servers that accept a connection and say nothing. */
async function blackHoles(count: number) {
  const servers = await Promise.all(Array.from({ length: count }, () => RawServer.start(() => {})));
  return {
    urls: servers.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

const goodPages = (url: string, count: number) => Array.from({ length: count }, (_, n) => `${url}/${n}`);

for (const strategy of [threaded, async, optimized, download]) {
  const name = `${strategy.title}()`;
  // Whoever has to wait for the deadline of a dead host ends after that has failed
  const options = { concurrency: 8, http: 1, connectTimeoutMs: 15_000 } as const;

  test(`${name} ends everybody else's downloads while 1 % dead hosts wait for their deadlines`, async () => {
    await using server = new CountingServer();
    await using holes = await blackHoles(10);
    const urls = goodPages(server.url, 1_000);
    holes.urls.forEach((url, n) => urls[50 + 100 * n] = url);
    assertEquals(await failedBefore(990, strategy, urls, options), 0);
    assert(server.peak <= 8, `${server.peak} at once`);
  });

  test(`${name} isn't held up by dead hosts that come first and take all places`, async () => {
    await using server = new CountingServer();
    await using holes = await blackHoles(20);
    assertEquals(await failedBefore(200, strategy, [...holes.urls, ...goodPages(server.url, 200)], options), 0);
  });

  test(`${name} isn't held up by one dead host with more URLs than there are places`, async () => {
    await using server = new CountingServer();
    await using holes = await blackHoles(1);
    const urls = [...goodPages(holes.urls[0], 50), ...goodPages(server.url, 200)];
    assertEquals(await failedBefore(200, strategy, urls, options), 0);
  });

  // Not threaded, whose hundred workers take longer to start than everything else here
  if (strategy !== threaded) {
    test(`${name} isn't held up by many dead hosts that come once another has answered`, async () => {
      const isKnown = Promise.withResolvers<void>();
      await using server = new CountingServer({
        answer(path) {
          if (path === "/99") isKnown.resolve();
          return new Response(path);
        },
      });
      await using holes = await blackHoles(30);
      const good = goodPages(server.url, 500);
      const dead = Array.from({ length: 960 }, (_, n) => `${holes.urls[n % 30]}/${n}`);
      async function* urls() {
        yield good.slice(0, 100);
        await isKnown.promise;
        yield [...dead, ...good.slice(100)];
      }
      const limits = { ...options, concurrency: 400, perHost: 32, retries: 0 };
      assertEquals(await failedBefore(500, strategy, urls(), { ...limits, workers: 1 }), 0);
    });
  }

  test(`${name} asks one slow host no more at once than it may, however slow it is`, async () => {
    const answered = Promise.withResolvers<void>();
    let asked = 0;
    let late: ReturnType<typeof setTimeout> | undefined;
    await using server = new CountingServer({
      async answer() {
        if (++asked === 8) late = setTimeout(answered.resolve, 3_000);
        await answered.promise;
        return new Response("late");
      },
    });
    const outcomes = await collect(strategy, goodPages(server.url, 20), options);
    clearTimeout(late);
    assertEquals([server.peak, outcomes.filter(({ result }) => result === "done").length], [8, 20]);
  });
}

test("perHost bounds the requests in flight to each host, and the other hosts' requests go on", async () => {
  await using a = new CountingServer({ holdUntil: 3 });
  await using b = new CountingServer({ holdUntil: 3 });
  const urls = [a, b].flatMap(({ url }) => goodPages(url, 30));
  const outcomes = await collect(async, urls, { perHost: 3, concurrency: 20 });
  assertEquals([a.peak, b.peak, outcomes.length], [3, 3, 60]);
});

test("a Retry-After holds back its whole host, and no other", async () => {
  const order: string[] = [];
  const answer = (host: string) => (path: string, nth: number) => {
    order.push(`${host}${path}`);
    if (host === "a" && path === "/0" && nth === 1) {
      return new Response(null, { status: 503, headers: { "retry-after": "1" } });
    }
    return new Response(path);
  };
  await using a = new CountingServer({ answer: answer("a") });
  await using b = new CountingServer({ answer: answer("b") });
  const urls = [...goodPages(a.url, 5), ...goodPages(b.url, 50)];
  const outcomes = await collect(async, urls, { concurrency: 1, retries: 1 });
  assertEquals(order[0], "a/0");
  assertEquals(order.slice(1, 51), Array.from({ length: 50 }, (_, n) => `b/${n}`));
  assertEquals(order.slice(51).sort(), ["a/0", "a/1", "a/2", "a/3", "a/4"]);
  assert(outcomes.every(({ result }) => result === "done"));
});

test("a host that allows so many requests per second and says so with 429 loses none of 100", async () => {
  let window = 0;
  let used = 0;
  await using server = new CountingServer({
    answer(path) {
      const second = Math.floor(performance.now() / 1_000);
      if (second !== window) [window, used] = [second, 0];
      return ++used <= 40 ? new Response(path) : new Response(null, { status: 429, headers: { "retry-after": "1" } });
    },
  });
  const urls = goodPages(server.url, 100);
  const outcomes = await collect(async, urls, { concurrency: 50, retries: 3 });
  assertEquals(outcomes.filter(({ result }) => result === "failed"), []);
});

test("a host that closes every connection is asked now and then, and its URLs take no place from others", async () => {
  await using gone = await RawServer.start((socket) => socket.end());
  await using server = new CountingServer();
  const urls = goodPages(gone.url, 500).flatMap((url, n) => [url, `${server.url}/${n}`]);
  assertEquals(await failedBefore(500, async, urls, { concurrency: 8, backoffMs: 1 }), 0);
  assert(gone.connections < 30, `${gone.connections} connections for 500 URLs`);
});

test("a host that restarts fails no URL", async () => {
  const answer: AnswerBytes = (socket) =>
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  const before = await RawServer.start(answer);
  await before[Symbol.asyncDispose]();
  const restarted = Promise.withResolvers<RawServer>();
  const restart = () => RawServer.start(answer, Number(new URL(before.url).port)).then(restarted.resolve);
  const later = setTimeout(restart, 1_000);
  const outcomes = await collect(async, goodPages(before.url, 100), { concurrency: 4, retries: 3, backoffMs: 500 });
  clearTimeout(later);
  await (await restarted.promise)[Symbol.asyncDispose]();
  assertEquals(outcomes.filter(({ result }) => result !== "done"), []);
});
