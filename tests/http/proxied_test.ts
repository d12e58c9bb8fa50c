import { assertEquals } from "@std/assert";
import { async } from "../../async.ts";
import { Client } from "../../lib/http/client.ts";
import { mayBeProxied, proxyFor } from "../../lib/http/proxied.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { optimized } from "../../optimized.ts";
import { type Certificate, certificate } from "../helpers/certificate.ts";
import { own } from "../helpers/own.ts";
import { ConnectProxy, type ProxyAnswer } from "../helpers/connect_proxy.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("env");
const testFetching = await testNeeding("env", "net");
const testCertified = await testNeeding("env", "net", "run", "read", "write");

const VARIABLES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/** All variables that have to do with it. */
const ALL = [...VARIABLES, "NO_PROXY", "no_proxy", "REQUEST_METHOD"];

/** Runs with these variables only, of those that have to do with a proxy. */
function withEnvironment<T>(values: Record<string, string>, run: () => T): T {
  const before = ALL.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of ALL) Deno.env.delete(name);
    for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
    return run();
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

test("mayBeProxied() is true when the run is given a proxy", () => {
  withEnvironment({}, () => {
    assertEquals(mayBeProxied({ proxy: "http://127.0.0.1:9/" }), true);
    assertEquals(mayBeProxied({}), false);
  });
});

for (const name of VARIABLES) {
  test(`mayBeProxied() is true when ${name} is set, and not when it is empty`, () => {
    withEnvironment({ [name]: "http://127.0.0.1:9/" }, () => assertEquals(mayBeProxied({}), true));
    withEnvironment({ [name]: "" }, () => assertEquals(mayBeProxied({}), false));
  });
}

Deno.test({
  name: "mayBeProxied() is true when the environment can't be read",
  permissions: { env: false },
  fn() {
    assertEquals(mayBeProxied({}), true);
  },
});

/** What fetch and {@linkcode proxyFor} were told, and which of two proxies they should take: none, A or B. */
const ways: [env: Record<string, string>, scheme: "http" | "https", way: "direct" | "A" | "B", proxy?: "B"][] = [
  [{}, "http", "direct"],
  [{ HTTP_PROXY: "A" }, "http", "A"],
  [{ http_proxy: "A" }, "http", "A"],
  [{ HTTP_PROXY: "A", http_proxy: "B" }, "http", "A"],
  [{ HTTP_PROXY: "", http_proxy: "B" }, "http", "B"],
  [{ HTTP_PROXY: "ftp://127.0.0.1:9", http_proxy: "B" }, "http", "B"],
  [{ HTTPS_PROXY: "A" }, "http", "direct"],
  [{ HTTP_PROXY: "A" }, "https", "direct"],
  [{ HTTPS_PROXY: "A", https_proxy: "B" }, "https", "A"],
  [{ ALL_PROXY: "A" }, "http", "A"],
  [{ all_proxy: "A" }, "https", "A"],
  [{ ALL_PROXY: "A", HTTP_PROXY: "B" }, "http", "A"],
  [{ ALL_PROXY: "A", HTTPS_PROXY: "B" }, "https", "A"],
  [{ HTTP_PROXY: "A" }, "http", "B", "B"],
  [{ ALL_PROXY: "A" }, "https", "B", "B"],
  [{ HTTP_PROXY: "A", NO_PROXY: "127.0.0.1" }, "http", "direct"],
  [{ HTTP_PROXY: "A", no_proxy: "a.test, 127.0.0.0/8" }, "http", "direct"],
  [{ HTTP_PROXY: "A", no_proxy: "128.0.0.0/8,127.0.0.1:80,*" }, "http", "A"],
  [{ HTTP_PROXY: "A", NO_PROXY: "a.test", no_proxy: "127.0.0.1" }, "http", "A"],
  [{ HTTP_PROXY: "A", NO_PROXY: "", no_proxy: "127.0.0.1" }, "http", "A"],
  [{ NO_PROXY: "127.0.0.1" }, "http", "direct", "B"],
  [{ HTTP_PROXY: "A", REQUEST_METHOD: "GET" }, "http", "direct"],
];

testFetching("proxyFor() and Client take the way that fetch takes", async () => {
  await using proxies = new AsyncDisposableStack();
  const [a, b] = [proxies.use(await ConnectProxy.start()), proxies.use(await ConnectProxy.start())];
  const named = (text: string) => text === "A" ? a.url : text === "B" ? b.url : text;
  await using server = new CountingServer();
  for (const [values, scheme, way, proxy] of ways) {
    const url = `${server.url.replace("http", scheme)}/`;
    const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, named(value)]));
    const told = `${JSON.stringify(values)} ${scheme} ${proxy ?? ""}`;
    withEnvironment(env, () => {
      const expected = way === "direct" ? undefined : named(way);
      assertEquals(proxyFor(url, { proxy: proxy && named(proxy) }), expected, told);
    });
    const before = [a.asked.length, b.asked.length];
    const taken = () => a.asked.length > before[0] ? "A" : b.asked.length > before[1] ? "B" : "direct";
    // A client reads the environment when it is made
    using client = withEnvironment(env, () => Deno.createHttpClient(proxy ? { proxy: { url: named(proxy) } } : {}));
    await fetch(url, { client }).then((response) => response.body?.cancel(), () => {});
    assertEquals(taken(), way, told);
    [before[0], before[1]] = [a.asked.length, b.asked.length];
    using ours = new Client({ http: 1, proxy: proxy && named(proxy) });
    // ... and ours when it meets an origin
    const answer = withEnvironment(env, () => ours.send(url, { headers: {}, redirect: "manual" }));
    await answer.then((response) => response.text(), () => {});
    assertEquals(taken(), way, `${told} by Client`);
  }
});

test("proxyFor() leaves out user and password, and takes what has no scheme for http", () => {
  assertEquals(proxyFor("http://a/", { proxy: "socks5://u:p@b:1080" }), "socks5://b:1080");
  withEnvironment({ HTTP_PROXY: "u:p@b:3128" }, () => assertEquals(proxyFor("http://a/", {}), "http://b:3128"));
  withEnvironment({ HTTP_PROXY: "b:3128" }, () => assertEquals(proxyFor("http://a/", {}), "http://b:3128"));
});

test("proxyFor() knows the names below a name in NO_PROXY, and no others", () => {
  withEnvironment({ no_proxy: "a.test,.b.test" }, () => {
    const way = (host: string) =>
      proxyFor(`http://${host}/`, { proxy: "http://p:1" }) === undefined ? "direct" : "proxy";
    assertEquals(["a.test", "x.a.test", "b.test", "x.b.test"].map(way), ["direct", "direct", "direct", "direct"]);
    assertEquals(["xa.test", "a.test.c", "test"].map(way), ["proxy", "proxy", "proxy"]);
  });
});

const PATIENT: StrategyOptions = { backoffMs: 1, retries: 3, concurrency: 1, workers: 1, http: 1 };

async function collect(
  strategy: typeof async,
  url: string,
  options: StrategyOptions,
): Promise<Pick<Outcome, "attempts" | "status"> & { text: string }> {
  const outcomes: Outcome[] = [];
  await strategy([url], (outcome) => outcomes.push(outcome), { ...PATIENT, ...options });
  const [outcome] = outcomes;
  const text = outcome.result === "failed" ? `${outcome.kind}: ${outcome.message}` : outcome.result;
  return { text, attempts: outcome.attempts, status: outcome.status };
}

async function overTls(answer: ProxyAnswer, use: (of: Certificate, url: string, proxy: ConnectProxy) => Promise<void>) {
  const pair = await certificate();
  if (!pair) return console.warn("left out: no openssl here");
  const server = Deno.serve({ ...pair, port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("hello"));
  try {
    await using proxy = await ConnectProxy.start(answer);
    await use(pair, `https://127.0.0.1:${server.addr.port}/`, proxy);
  } finally {
    await server.shutdown();
  }
}

for (const strategy of [async, optimized, own]) {
  for (const what of [502, 503, 504, "hang up"] as const) {
    testCertified(
      `${strategy.title}() tries again when a proxy answers a CONNECT with ${what}`,
      () =>
        overTls((nth) => nth <= 2 ? what : "serve", async ({ cert }, url, proxy) => {
          const { text, attempts, status } = await collect(strategy, url, { proxy: proxy.url, caCerts: [cert] });
          assertEquals([text, attempts, status, proxy.asked.length], ["done", 3, 200, 3]);
        }),
    );
  }

  testCertified(
    `${strategy.title}() doesn't try again when a proxy wants to know who asks`,
    () =>
      overTls(() => 407, async ({ cert }, url, { url: proxy, asked }) => {
        const { text, attempts } = await collect(strategy, url, { proxy, caCerts: [cert] });
        const why = `proxy-auth: the proxy ${proxy} wants another user and password: proxy authentication required`;
        assertEquals([text, attempts, asked.length], [why, 1, 1]);
        const plain = await collect(strategy, "http://127.0.0.1:5009/", { proxy });
        assertEquals([plain.text, plain.attempts], [
          "status: the server answered 407 Proxy Authentication Required",
          1,
        ]);
      }),
  );

  testCertified(`${strategy.title}() names the proxy when that makes no connection, or can't be reached`, async () => {
    await using proxy = await ConnectProxy.start();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const nobody = `127.0.0.1:${listener.addr.port}`;
    listener.close();
    const tunnel = await collect(strategy, `https://${nobody}/`, { proxy: proxy.url });
    const status = strategy === own ? ": status 502" : ""; // fetch doesn't say
    const why = `tunnel: the proxy ${proxy.url} made no connection to ${nobody}: unsuccessful tunnel${status}`;
    assertEquals([tunnel.text, tunnel.attempts], [why, 4]);
    for (const url of ["http://127.0.0.1:5009/", "https://127.0.0.1:5009/"]) {
      const { text, attempts } = await collect(strategy, url, { proxy: `http://user:secret@${nobody}` });
      const why = `the proxy http://${nobody} can't be reached: tcp connect error: Connection refused (os error 111)`;
      assertEquals([text, attempts], [`refused: ${why}`, 4]);
    }
  });
}

testCertified(
  "downloads through a proxy wait for an origin that is away, and lose nothing",
  () =>
    overTls((nth) => nth <= 8 ? 502 : "serve", async ({ cert }, url, proxy) => {
      const urls = Array.from({ length: 30 }, (_, n) => `${url}${n}`);
      const results: string[] = [];
      const options = { ...PATIENT, concurrency: 4, retries: 1, proxy: proxy.url, caCerts: [cert] };
      await async(urls, ({ result }) => results.push(result), options);
      assertEquals(results, urls.map(() => "done"));
    }),
);
