import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ROBOTS_HOLD_MS,
  RobotsGate,
  type RobotsGateOptions,
  type RobotsSettings,
} from "../../lib/engine/robots_gate.ts";
import { MAX_ROBOTS_REDIRECTS } from "../../lib/http/robots_request.ts";
import { MOST_ROBOTS_BYTES } from "../../lib/http/robots_rules.ts";
import { RETRY_AFTER_MOST_MS } from "../../lib/http/retry_after.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net");

/** A gate, and what asks it and waits until it knows. */
function setUp(settings: Partial<RobotsSettings> = {}, options: Partial<RobotsGateOptions> = {}) {
  const aborter = new AbortController();
  const defaults: RobotsSettings = {
    ...{ headers: { "user-agent": "me/1.0" }, http: "alpn", retries: 0, backoffMs: 1, connectTimeoutMs: 10_000 },
  };
  const gate = new RobotsGate({ ...defaults, ...settings }, { signal: aborter.signal, ...options });
  const ask = async (url: string): Promise<string> => {
    const ready = Promise.withResolvers<void>();
    gate.onReady = ready.resolve;
    const said = gate.ask({ job: { url } });
    if (said !== "wait") return typeof said === "string" ? said : said.why;
    await ready.promise;
    const request = gate.takeReady();
    if (request === undefined) return "nothing";
    const again = gate.ask(request);
    return typeof again === "string" ? again : again.why;
  };
  return { gate, ask, aborter, [Symbol.dispose]: () => gate[Symbol.dispose]() };
}

/** A website whose robots.txt is what a function says. */
const website = (robots: (nth: number, request: Request) => Response | Promise<Response>) =>
  new CountingServer({
    answer: (path, nth, request) => path === "/robots.txt" ? robots(nth, request) : new Response("page"),
  });

test("RobotsGate asks a website once, by the name of the program, and has others wait meanwhile", async () => {
  let userAgent: string | null = null;
  await using server = website((_, { headers }) => {
    userAgent = headers.get("user-agent");
    return new Response("User-agent: me\nDisallow: /a\nCrawl-delay: 2");
  });
  using t = setUp();
  const [first, second] = [{ job: { url: `${server.url}/a` } }, { job: { url: `${server.url}/b?c` } }];
  const ready = Promise.withResolvers<void>();
  t.gate.onReady = ready.resolve;
  assertEquals([t.gate.ask(first), t.gate.ask(second), t.gate.waiting], ["wait", "wait", 2]);
  assertEquals([t.gate.takeReady(), t.gate.perSecondFor(first.job.url)], [undefined, undefined]);
  await ready.promise;
  assertEquals([t.gate.takeReady(), t.gate.takeReady(), t.gate.takeReady()], [first, second, undefined]);
  assertEquals(t.gate.waiting, 0);
  assertEquals(t.gate.ask(first), { why: `${server.url}/robots.txt doesn't allow it to me` });
  assertEquals([t.gate.ask(second), t.gate.perSecondFor(second.job.url)], ["go", 0.5]);
  assertEquals([server.counts(), userAgent], [[1], "me/1.0"]);
});

for (
  const [what, robots, expected] of [
    ["404", () => new Response("Disallow: /", { status: 404 }), /^go$/],
    ["403", () => new Response(null, { status: 403 }), /^go$/],
    ["204", () => new Response(null, { status: 204 }), /^go$/],
    ["500", () => new Response("User-agent: *\nAllow: /", { status: 500 }), /can't be read: its server answered 500$/],
    ["503", () => new Response(null, { status: 503 }), /can't be read: its server answered 503$/],
    ["429", () => new Response(null, { status: 429 }), /can't be read: its server answered 429$/],
    ["a page", () => new Response("<html>Disallow: /</html>"), /^go$/],
    ["304 without having been asked for that", () => new Response(null, { status: 304 }), /^go$/],
  ] as const
) {
  test(`RobotsGate with ${what} for robots.txt says ${expected}`, async () => {
    await using server = website(robots);
    using t = setUp();
    assertMatch(await t.ask(`${server.url}/a`), expected);
    assertEquals(server.counts(), [1]);
  });
}

test("RobotsGate allows nothing of a website that can't be reached, or says nothing in time", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  using t = setUp();
  assertMatch(await t.ask(`http://127.0.0.1:${port}/a`), /can't be read: .*refused/i);
  const never = Promise.withResolvers<Response>();
  await using server = website(() => never.promise);
  using late = setUp({ connectTimeoutMs: 20 });
  assertMatch(await late.ask(`${server.url}/a`), /can't be read: it didn't come within 20 ms$/);
  never.resolve(new Response());
});

test("RobotsGate asks again after what may pass, as often as it may", async () => {
  await using server = website((nth) =>
    nth < 3 ? new Response(null, { status: 503 }) : new Response("User-agent: *\nDisallow: /a")
  );
  using t = setUp({ retries: 3 });
  assertMatch(await t.ask(`${server.url}/a`), /doesn't allow/);
  assertEquals([await t.ask(`${server.url}/b`), server.counts()], ["go", [3]]);
});

Deno.test("RobotsGate asks others while websites that are in trouble are to be asked again", async () => {
  const send = (url: string) =>
    Promise.resolve(
      url.includes("dead")
        ? new Response(null, { status: 503, headers: { "retry-after": "300" } })
        : new Response(null),
    );
  using t = setUp({ retries: 3 }, { send });
  for (let n = 0; n < 500; n++) t.gate.ask({ job: { url: `http://dead${n}/` } });
  const url = "http://alive/";
  t.gate.ask({ job: { url } });
  const taken = await new Promise((resolve) => {
    t.gate.onReady = () => {
      const request = t.gate.takeReady();
      if (request) resolve(request.job.url);
    };
  });
  assertEquals([taken, t.gate.waiting, t.gate.ask({ job: { url } })], [url, 500, "go"]);
});

test("RobotsGate follows five redirects, and takes a sixth for no rules at all", async () => {
  assertEquals(MAX_ROBOTS_REDIRECTS, 5);
  for (const [hops, expected] of [[5, /doesn't allow/], [6, /^go$/], [1_000, /^go$/]] as const) {
    await using server = new CountingServer({
      answer: (path) => {
        const hop = path === "/robots.txt" ? 0 : Number(path.slice(1));
        if (hop === hops) return new Response("User-agent: *\nDisallow: /");
        return new Response(null, { status: 302, headers: { location: `/${hop + 1}` } });
      },
    });
    using t = setUp();
    assertMatch(await t.ask(`${server.url}/a`), expected);
    assertEquals(server.requests.size, Math.min(hops, 5) + 1);
  }
});

test("RobotsGate reads 500 KiB, and of the line that is cut off there nothing", async () => {
  const line = "#".repeat(1_023) + "\n";
  const padding = line.repeat(MOST_ROBOTS_BYTES / 1_024 - 1);
  const rules = "User-agent: *\nDisallow: /a\n";
  const cut = "Disallow: /" + "b".repeat(1_024);
  let sent = 0;
  await using server = website(() => {
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(rules + padding + cut)),
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(98));
      },
    });
    return new Response(endless);
  });
  using t = setUp();
  assertMatch(await t.ask(`${server.url}/a`), /doesn't allow/);
  assertEquals(await t.ask(`${server.url}/b`), "go");
  assert(sent < 100 * 2 ** 20);
});

test("RobotsGate isn't blown up by a robots.txt that is packed", async () => {
  const zeros = new Blob([new Uint8Array(64 * 2 ** 20).fill(10)]).stream().pipeThrough(new CompressionStream("gzip"));
  const bomb = new Uint8Array(await new Response(zeros).arrayBuffer());
  await using server = website(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
  using t = setUp();
  assertEquals(await t.ask(`${server.url}/a`), "go");
});

test("RobotsGate obeys no Crawl-delay longer than five minutes", async () => {
  await using server = website(() => new Response("User-agent: *\nCrawl-delay: 999999999"));
  using t = setUp();
  assertEquals(await t.ask(`${server.url}/a`), "go");
  assertEquals(t.gate.perSecondFor(`${server.url}/a`), 1_000 / RETRY_AFTER_MOST_MS);
});

test("RobotsGate takes what it has read for a day", async () => {
  let now = 0;
  await using server = website((nth) => new Response(nth === 1 ? "" : "User-agent: *\nDisallow: /"));
  using t = setUp({}, { now: () => now });
  assertEquals(await t.ask(`${server.url}/a`), "go");
  now = ROBOTS_HOLD_MS - 1;
  assertEquals([await t.ask(`${server.url}/a`), server.counts()], ["go", [1]]);
  now = ROBOTS_HOLD_MS;
  assertMatch(await t.ask(`${server.url}/a`), /doesn't allow/);
  assertEquals(server.counts(), [2]);
});

test("RobotsGate gives back what waits, and asks nobody any more once it is ended", async () => {
  const never = Promise.withResolvers<Response>();
  await using server = website(() => never.promise);
  using t = setUp({ retries: 5 });
  const requests = ["/a", "/b"].map((path) => ({ job: { url: server.url + path } }));
  for (const each of requests) t.gate.ask(each);
  assertEquals(t.gate.takeWhere(({ job }) => job.url.endsWith("/a")), [requests[0]]);
  assertEquals(t.gate.waiting, 1);
  t.aborter.abort(new Error("interrupted"));
  never.resolve(new Response());
  assertEquals(t.gate.takeWhere(() => true), [requests[1]]);
  assert(server.counts().every((count) => count <= 1));
});
