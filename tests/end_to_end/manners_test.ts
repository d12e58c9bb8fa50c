/** What a run does because hosts ask for it: RateLimit headers, robots.txt, and what is said of single hosts. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

async function outcomesOf(strategy: Strategy, urls: string[], options: StrategyOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await strategy(urls, (outcome) => outcomes.push(outcome), { workers: 1, backoffMs: 1, ...options });
  return outcomes;
}

/** What came of each URL, by its path. */
const said = (outcomes: Outcome[]) =>
  Object.fromEntries(outcomes.map((outcome) => {
    const why = outcome.result === "failed" ? outcome.kind : outcome.result === "skipped" ? outcome.reason : "done";
    return [new URL(outcome.url).pathname, why];
  }));

const FORMS: Record<string, (quota: { left: number; ms: number; limit: number; windowMs: number }) => HeadersInit> = {
  "RateLimit": ({ left, ms, limit, windowMs }) => ({
    "ratelimit": `"a";r=${left};t=${Math.ceil(ms / 1_000)}`,
    "ratelimit-policy": `"a";q=${limit};w=${windowMs / 1_000}`,
  }),
  "RateLimit-Remaining": ({ left, ms, limit }) => ({
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(left),
    "ratelimit-reset": String(Math.ceil(ms / 1_000)),
  }),
  "X-RateLimit-Remaining": ({ left, ms }) => ({
    "x-ratelimit-remaining": String(left),
    "x-ratelimit-reset": (Math.ceil(ms) / 1_000).toFixed(3),
  }),
};

/** A website that takes so many requests in each window, and says so. */
function limited(form: string, { limit, windowMs }: { limit: number; windowMs: number }) {
  let [until, count, refused] = [0, 0, 0];
  const server = new CountingServer({
    answer: () => {
      const now = performance.now();
      if (now >= until) [until, count] = [now + windowMs, 0];
      const isRefused = ++count > limit;
      if (isRefused) refused++;
      const headers = FORMS[form]({ left: Math.max(0, limit - count), ms: until - now, limit, windowMs });
      return new Response("page", { status: isRefused ? 429 : 200, headers });
    },
  });
  return { server, refused: () => refused };
}

const PACED: [strategy: Strategy, form: string, windowMs: number][] = [
  ...Object.keys(FORMS).map((form): [Strategy, string, number] => [own, form, 1_000]), // which is their least
  ...[ownOverHttp2, async, optimized, download].map((strategy): [Strategy, string, number] => {
    return [strategy, "X-RateLimit-Remaining", 200];
  }),
];

for (const [strategy, form, windowMs] of PACED) {
  test(`${strategy.title} doesn't have a host refuse anything that says by ${form} what it takes`, async () => {
    const { server, refused } = limited(form, { limit: 5, windowMs });
    await using _ = server;
    const urls = Array.from({ length: 9 }, (_, n) => `${server.url}/${n}`);
    const outcomes = await outcomesOf(strategy, urls, { perHost: 2 });
    assertEquals(outcomes.map(({ result }) => result), urls.map(() => "done"));
    assertEquals([refused(), server.counts().every((count) => count === 1)], [0, true]);
    assert(outcomes.every((outcome) => !("quota" in outcome)), "it says nothing of the download");
  });
}

test("what is saved goes by what a host takes, too", async () => {
  const { server, refused } = limited("X-RateLimit-Remaining", { limit: 4, windowMs: 200 });
  await using _ = server;
  const output = await Deno.makeTempDir();
  try {
    const urls = Array.from({ length: 9 }, (_, n) => `${server.url}/${n}`);
    const outcomes = await outcomesOf(download, urls, { output, perHost: 2 });
    assertEquals([outcomes.every(({ result }) => result === "done"), refused()], [true, 0]);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

test("a host that lies about what it takes holds up nobody else, and a run can be ended meanwhile", async () => {
  const year = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "315360000" };
  await using liar = new CountingServer({ answer: () => new Response("page", { headers: year }) });
  await using other = new CountingServer();
  const aborter = new AbortController();
  const urls = ["/1", "/2", "/3"].flatMap((path) => [liar.url + path, other.url + path]);
  const outcomes: Outcome[] = [];
  await download(urls, (outcome) => {
    outcomes.push(outcome);
    if (outcomes.length === 4) aborter.abort();
  }, { perHost: 1, signal: aborter.signal, workers: 1 });
  assertEquals([liar.counts(), other.counts()], [[1], [1, 1, 1]]);
});

test("where a redirect leads to another host, what that says isn't about the first", async () => {
  const spent = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "86400" };
  await using other = new CountingServer({ answer: () => new Response("page", { headers: spent }) });
  await using server = new CountingServer({
    answer: (path) => new Response(null, { status: 302, headers: { location: other.url + path } }),
  });
  const outcomes = await outcomesOf(download, ["/1", "/2", "/3"].map((path) => server.url + path), { perHost: 1 });
  assertEquals(outcomes.map(({ result }) => result), ["done", "done", "done"]);
});

const ROBOTS = "User-agent: *\nDisallow: /\n\nUser-agent: download-stuff-with-deno\nDisallow: /no\nAllow: /no/but\n";

for (const strategy of [own, ownOverHttp2, async, optimized, download]) {
  test(`${strategy.title} asks for robots.txt once, and for nothing that it doesn't allow`, async () => {
    await using server = new CountingServer({
      answer: (path) => new Response(path === "/robots.txt" ? ROBOTS : "page"),
    });
    const urls = ["/a", "/no/1", "/no/but", "/no", "/b"].map((path) => server.url + path);
    const outcomes = await outcomesOf(strategy, urls, { robots: true });
    const expected = { "/a": "done", "/no/1": "robots", "/no/but": "done", "/no": "robots", "/b": "done" };
    assertEquals(said(outcomes), expected);
    const paths = ["/a", "/b", "/no/but", "/robots.txt"];
    assertEquals([...server.requests].sort(), paths.map((path): [string, number] => [path, 1]));
    const skipped = said(await outcomesOf(strategy, urls, { robots: true, unwanted: "skip" }));
    assertEquals(skipped, { ...expected, "/no/1": "unwanted", "/no": "unwanted" });
    const all = said(await outcomesOf(strategy, urls));
    assertEquals(Object.values(all), urls.map(() => "done"), "a list is what somebody asks for");
  });
}

test("a mirror that robots.txt doesn't allow is passed by for the next one", async () => {
  const robots = (text: string) =>
    new CountingServer({ answer: (path) => new Response(path === "/robots.txt" ? text : path) });
  await using closed = robots("User-agent: *\nDisallow: /");
  await using open = robots("");
  const outcomes: Outcome[] = [];
  const urls = [closed, open].map(({ url }) => `${url}/1`);
  const list = [{ url: urls[0], mirrors: [urls[1]] }, { url: urls[0], mirrors: [`${closed.url}/2`] }];
  await download(list, (outcome) => outcomes.push(outcome), { robots: true, workers: 1 });
  const [first, second] = outcomes.sort((a, b) => a.id - b.id);
  assertEquals([first.result, first.url, first.from], ["done", urls[0], urls[1]]);
  assert(second.result === "failed");
  assertEquals([second.kind, second.url, second.attempts], ["robots", urls[0], 0]);
  assertEquals([[...closed.requests.keys()], open.requests.get("/1")], [["/robots.txt"], 1]);
});

test("a website whose robots.txt can't be had holds up nobody else, and none of its files is asked for", async () => {
  const hanging = Promise.withResolvers<Response>();
  await using slow = new CountingServer({ answer: () => hanging.promise });
  await using other = new CountingServer({ answer: () => new Response("") });
  const outcomes: Outcome[] = [];
  await download(["/1", "/2"].flatMap((path) => [slow.url + path, other.url + path]), (outcome) => {
    outcomes.push(outcome);
    if (outcomes.length === 2) hanging.resolve(new Response(null, { status: 500 }));
  }, { robots: true, retries: 0, workers: 1 });
  assertEquals(outcomes.map(({ url }) => new URL(url).origin), [other.url, other.url, slow.url, slow.url]);
  assertEquals([...slow.requests.keys()], ["/robots.txt"]);
  const [failed] = outcomes.slice(2);
  assert(failed.result === "failed");
  assertEquals([failed.kind, failed.attempts], ["robots", 0]);
  assertMatch(failed.message, /\/robots\.txt can't be read: its server answered 500$/);
});

test("Crawl-delay limits the rate of its website alone", async () => {
  const starts: number[] = [];
  await using slow = new CountingServer({
    answer: (path) => {
      if (path === "/robots.txt") return new Response("User-agent: *\nCrawl-delay: 0.2");
      starts.push(performance.now());
      return new Response("page");
    },
  });
  const outcomes = await outcomesOf(download, ["/1", "/2", "/3"].map((path) => slow.url + path), { robots: true });
  assertEquals(outcomes.map(({ result }) => result), ["done", "done", "done"]);
  assert(
    starts[2] - starts[0] >= 2 * 200 - 50,
    "the third starts two delays after the first, but for what timers are late",
  );
});

test("a run that is ended while it waits for robots.txt leaves nothing behind", async () => {
  const hanging = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  await using server = new CountingServer({
    answer: () => {
      asked.resolve();
      return hanging.promise;
    },
  });
  const aborter = new AbortController();
  const running = download([`${server.url}/1`], () => {}, { robots: true, signal: aborter.signal, workers: 1 });
  await asked.promise;
  aborter.abort();
  await running;
  hanging.resolve(new Response());
});

for (const strategy of [own, async, download]) {
  test(`${strategy.title} keeps to the limits of single hosts, and sends headers and logins to them alone`, async () => {
    const seen: (string | null)[][] = [];
    const note = async (_: string, __: number, { headers }: Request) => {
      seen.push([headers.get("x-key"), headers.get("authorization")]);
      await delay(5); // so that others would come meanwhile
      return new Response("page");
    };
    await using one = new CountingServer({ answer: note });
    await using other = new CountingServer({ answer: note });
    const hosts = {
      [new URL(one.url).host]: { concurrency: 1, headers: { "x-key": "k" }, login: { user: "me", password: "secret" } },
    };
    const outcomes = await outcomesOf(strategy, ["/1", "/2", "/3"].map((path) => one.url + path), { hosts });
    assertEquals([outcomes.every(({ result }) => result === "done"), one.peak], [true, 1]);
    assertEquals(seen.splice(0), Array(3).fill(["k", `Basic ${btoa("me:secret")}`]));
    await outcomesOf(strategy, [`${other.url}/1`], { hosts });
    assertEquals(seen, [[null, null]]);
  });
}
