/** One contract, run for all five strategies. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Source } from "../../lib/core/source.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { numberedPages } from "../../lib/source/numbered_pages.ts";
import { optimized } from "../../optimized.ts";
import { simple } from "../../simple.ts";
import { threaded } from "../../threaded.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read");

/** Enough to see them queue, few enough to be quick; `simple` can't have more than one. */
const THREE = (strategy: Strategy): StrategyOptions => ({ concurrency: Math.min(3, strategy.maxConcurrency ?? 3) });

async function collect(strategy: Strategy, source: Source, options: StrategyOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await strategy(source, (outcome) => outcomes.push(outcome), { backoffMs: 1, timeoutMs: 20_000, ...options });
  return outcomes.sort((a, b) => a.id - b.id);
}

const sum = (outcomes: Outcome[]) =>
  outcomes.reduce((total, each) => total + (each.result === "done" ? each.value ?? 0 : 0), 0);

for (const strategy of [simple, threaded, async, optimized, download]) {
  const name = `${strategy.title}()`;

  for (const [trials, value] of [[0, 0], [1, 0], [7, 21], [203, 20_503]]) {
    test(`${name} requests each of ${trials} URLs exactly once`, async () => {
      await using server = new CountingServer();
      const outcomes = await collect(strategy, numberedPages(server.url, trials), trials === 7 ? THREE(strategy) : {});
      assertEquals(server.requests.size, trials);
      assert(server.counts().every((count) => count === 1));
      assertEquals(outcomes.map(({ id }) => id), Array.from({ length: trials }, (_, id) => id));
      assertEquals(sum(outcomes), value);
    });
  }

  test(`${name} takes URLs from an async source, as they come`, async () => {
    await using server = new CountingServer();
    async function* source() {
      for (const page of numberedPages(server.url, 20)) yield await Promise.resolve(page.url);
    }
    const outcomes = await collect(strategy, source(), THREE(strategy));
    assertEquals(outcomes.map(({ result, bytes }) => `${result} ${bytes}`).slice(8, 12), [
      "done 1",
      "done 1",
      "done 2",
      "done 2",
    ]);
    assertEquals(server.requests.size, 20);
  });

  test(`${name} counts failures of every kind and goes on`, async () => {
    await using server = new CountingServer({
      answer(path) {
        if (path === "/3") return new Response("gone", { status: 404, statusText: "Not Found" });
        if (path === "/5") return new Response("4");
        return new Response(path.slice(1));
      },
    });
    const pages = [...numberedPages(server.url, 8), { url: "ftp://127.0.0.1/x" }, { url: "no url" }];
    const outcomes = await collect(strategy, pages, THREE(strategy));
    assertEquals(outcomes.map((each) => each.result === "failed" ? each.kind : each.result), [
      ...["done", "done", "done", "status", "done", "unexpected-value", "done", "done"],
      ...["invalid-url", "invalid-url"],
    ]);
    assertEquals(server.counts(), Array(8).fill(1));
  });

  test(`${name} retries temporary failures, and says how often it tried`, async () => {
    await using server = new CountingServer({
      answer: (path, nth) =>
        new Response(path.slice(1), { status: path === "/2" || nth <= 2 && path < "/2" ? 500 : 200 }),
    });
    const outcomes = await collect(strategy, numberedPages(server.url, 4), { ...THREE(strategy), retries: 2 });
    assertEquals(outcomes.map(({ result, attempts }) => `${result} ${attempts}`), [
      "done 3",
      "done 3",
      "failed 3",
      "done 1",
    ]);
  });

  test(`${name} ends what is in flight when aborted, and the books balance`, async () => {
    const waiting = Promise.withResolvers<void>();
    await using server = new CountingServer({
      async answer(path) {
        if (Number(path.slice(1)) > 4) await waiting.promise;
        return new Response(path.slice(1));
      },
    });
    const aborter = new AbortController();
    const meter = new Meter();
    const outcomes: Outcome[] = [];
    await strategy(numberedPages(server.url, 50), (outcome) => {
      outcomes.push(outcome);
      if (outcomes.length === 5) aborter.abort();
    }, { ...THREE(strategy), signal: aborter.signal, meter });
    waiting.resolve();
    assertEquals(outcomes.filter(({ result }) => result === "done").length, 5);
    assert(outcomes.every((each) => each.result !== "failed" || each.kind === "aborted"));
    assertEquals(meter.started, outcomes.length);
    assertEquals(meter.inFlight, 0);
    assert(outcomes.length <= 8, "nothing was started after the abort");
  });

  test(`${name} starts nothing when it was aborted before`, async () => {
    await using server = new CountingServer();
    const outcomes = await collect(strategy, numberedPages(server.url, 5), { signal: AbortSignal.abort() });
    assertEquals([outcomes.length, server.requests.size], [0, 0]);
  });

  test(`${name} ends with the error of a source that throws, after what was in flight`, async () => {
    await using server = new CountingServer();
    function* source() {
      yield* numberedPages(server.url, 4);
      throw new Error("the list broke");
    }
    const outcomes: Outcome[] = [];
    const ran = strategy(source(), (outcome) => outcomes.push(outcome), THREE(strategy));
    await assertRejects(() => ran, Error, "the list broke");
    assertEquals(outcomes.map(({ result }) => result), Array(4).fill("done"));
  });

  test(`${name} ends with the error of a report that throws`, async () => {
    await using server = new CountingServer();
    const ran = strategy(numberedPages(server.url, 9), () => {
      throw new Error("no more room");
    }, THREE(strategy));
    await assertRejects(() => ran, Error, "no more room");
  });

  test(`${name} refuses an option out of its bounds and names it`, async () => {
    await assertRejects(() => strategy([], () => {}, { concurrency: 0 }), RangeError, "concurrency");
    await assertRejects(() => strategy([], () => {}, { retries: -1 }), RangeError, "retries");
    await assertRejects(() => strategy([], () => {}, { timeoutMs: NaN }), RangeError, "timeoutMs");
  });

  test(`${name} gives up on a server that never answers, stalls, or cuts a body short`, async () => {
    await using server = new CountingServer({
      answer(path) {
        if (path === "/silent") return new Promise(() => {});
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array(10));
            if (path === "/cut") controller.close();
          },
        });
        return new Response(body, { headers: { "content-length": "20" } });
      },
    });
    const outcomes = await collect(strategy, ["silent", "stall", "cut"].map((path) => `${server.url}/${path}`), {
      ...{ connectTimeoutMs: 300, idleTimeoutMs: 300, retries: 0 },
      ...THREE(strategy),
    });
    assertEquals(outcomes.map((each) => each.result === "failed" && each.kind), [
      "connect-timeout",
      "idle-timeout",
      "truncated",
    ]);
    assertEquals(outcomes.map(({ bytes }) => bytes), [0, 10, 10]);
  });
}

test("simple() keeps one request in flight", async () => {
  await using server = new CountingServer();
  const meter = new Meter();
  await collect(simple, numberedPages(server.url, 20), { meter });
  assertEquals([server.peak, meter.peakInFlight], [1, 1]);
});

test("threaded() has as many requests in flight as it has workers", async () => {
  await using server = new CountingServer({ holdUntil: 5 });
  const meter = new Meter();
  const outcomes = await collect(threaded, numberedPages(server.url, 20), { concurrency: 5, meter });
  assertEquals([server.peak, meter.peakInFlight, sum(outcomes)], [5, 5, 190]);
});

test("async() has all requests in flight at once", async () => {
  await using server = new CountingServer({ holdUntil: 300 });
  const meter = new Meter();
  await collect(async, numberedPages(server.url, 300), { meter });
  assertEquals([server.peak, meter.peakInFlight, server.connections.size], [300, 300, 300]);
});

test("async() keeps to a concurrency that is asked for", async () => {
  await using server = new CountingServer({ holdUntil: 10 });
  await collect(async, numberedPages(server.url, 50), { concurrency: 10 });
  assertEquals(server.peak, 10);
});

test("optimized() has all requests in flight at once, on few connections", async () => {
  await using server = new CountingServer({ holdUntil: 300 });
  await collect(optimized, numberedPages(server.url, 300));
  assertEquals(server.peak, 300);
  assert(server.connections.size < 60, `${server.connections.size} connections for 300 requests`);
});

for (const strategy of [optimized, download]) {
  test(`${strategy.title}() downloads everything in one isolate, or in several`, async () => {
    await using server = new CountingServer();
    for (const workers of [1, 3]) {
      const outcomes = await collect(strategy, numberedPages(server.url, 500), { workers, concurrency: 20 });
      assertEquals(sum(outcomes), 124_750);
    }
    assert(server.counts().every((count) => count === 2));
  });
}

test("download() has all requests in flight at once", async () => {
  await using server = new CountingServer({ holdUntil: 300 });
  const meter = new Meter();
  const outcomes = await collect(download, numberedPages(server.url, 300), { meter });
  assertEquals([server.peak, meter.peakInFlight, sum(outcomes)], [300, 300, 44_850]);
});

test("download() keeps to a concurrency that is asked for", async () => {
  await using server = new CountingServer({ holdUntil: 10 });
  await collect(download, numberedPages(server.url, 50), { concurrency: 10 });
  assertEquals(server.peak, 10);
});
