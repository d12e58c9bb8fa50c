/** What requests say, to whom, and through what: against real servers, with the client that every strategy uses. */

import { assert, assertEquals } from "@std/assert";
import { USER_AGENT } from "../../constants.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Item } from "../../lib/core/source.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { simple } from "../../simple.ts";
import { threaded } from "../../threaded.ts";
import { certificate } from "../helpers/certificate.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { own } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write");
const testWithPrograms = await testNeeding("net", "read", "write", "run", "env");

const STRATEGIES = [simple, threaded, async, optimized, download];

/** The ways a file is fetched: by `fetch`, and over connections of our own. */
const WAYS = [async, own];

async function collect(strategy: Strategy, urls: Item[], options: StrategyOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await strategy(urls, (outcome) => outcomes.push(outcome), { retries: 0, backoffMs: 1, ...options });
  return outcomes.sort((a, b) => a.id - b.id);
}

/** Downloads into a new folder, and says what is in it then. */
async function save(strategy: Strategy, urls: Item[], options: StrategyOptions = {}) {
  const output = await Deno.makeTempDir();
  try {
    const outcomes = await collect(strategy, urls, { ...options, output });
    const names = [...Deno.readDirSync(output)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
    const files = Object.fromEntries(names.map((name) => [name, Deno.readTextFileSync(`${output}/${name}`)]));
    return { outcomes, files };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

const whyFailed = (outcome: Outcome) => outcome.result === "failed" ? [outcome.kind, outcome.message] : outcome.result;

/** A server that notes the headers of requests. */
function notingServer(answer: (path: string, request: Request) => Response = (path) => new Response(path)) {
  const seen: { path: string; headers: Headers }[] = [];
  const server = new CountingServer({
    answer(path, _nth, request) {
      seen.push({ path, headers: new Headers(request.headers) });
      return answer(path, request);
    },
  });
  return { server, seen, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const redirect = (location: string) => new Response(null, { status: 302, headers: { location } });

for (const strategy of STRATEGIES) {
  test(`${strategy.title}() says who asks, and sends the headers of the run and of the download`, async () => {
    await using site = notingServer();
    await collect(strategy, [`${site.url}/a`, { url: `${site.url}/b`, headers: { "X-Own": "2", "X-Common": "3" } }], {
      headers: { "x-common": "1" },
      concurrency: 1,
    });
    const [a, b] = site.seen.map(({ headers }) => headers);
    assertEquals(["user-agent", "x-common", "x-own"].map((name) => a.get(name)), [USER_AGENT, "1", null]);
    assertEquals(["user-agent", "x-common", "x-own"].map((name) => b.get(name)), [USER_AGENT, "3", "2"]);
  });

  test(`${strategy.title}() asks again over another connection`, async () => {
    const ports: number[] = [];
    await using server = await RawServer.start((socket) => {
      ports.push(socket.remotePort ?? 0);
      const status = ports.length === 1 ? "503 Busy" : "200 OK";
      socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    });
    const [outcome] = await collect(strategy, [server.url], { retries: 1, http: 1 });
    assertEquals([outcome.result, outcome.attempts, new Set(ports).size], ["done", 2, 2]);
  });
}

test("another user agent replaces ours", async () => {
  await using site = notingServer();
  await collect(async, [site.url], { headers: { "User-Agent": "me/1.0" } });
  assertEquals(site.seen[0].headers.get("user-agent"), "me/1.0");
});

for (const strategy of WAYS) {
  test(`what may be a credential isn't sent to where a redirect leads, if that is another origin, with ${strategy.title}()`, async () => {
    await using other = notingServer();
    await using site = notingServer((path, request) =>
      path === "/here"
        ? redirect("/there")
        : path === "/away"
        ? redirect(`${other.url}/`)
        : new Response(request.headers.get("x-key"))
    );
    const withCredentials = (path: string) => `${site.url.replace("//", "//user:pass@")}${path}`;
    const headers = { "x-key": "secret", cookie: "a=b" };
    const { outcomes } = await save(strategy, [withCredentials("/here"), withCredentials("/away")], {
      headers,
      concurrency: 1,
    });
    assertEquals(outcomes.map(({ result, finalUrl }) => [result, finalUrl]), [["done", `${site.url}/there`], [
      "done",
      `${other.url}/`,
    ]]);
    const [here, there, away] = site.seen.map(({ headers }) => headers);
    for (const each of [here, there, away]) {
      assert(each.get("authorization")?.startsWith("Basic ") && each.get("x-key"));
    }
    const [{ headers: sent }] = other.seen;
    assertEquals(["authorization", "cookie", "x-key"].map((name) => sent.get(name)), [null, null, null]);
    assertEquals(sent.get("user-agent"), USER_AGENT);
    assert(!JSON.stringify(outcomes).includes("pass"));
  });
}

test("download() follows redirects to other origins over connections of its own, too", async () => {
  await using other = notingServer();
  await using site = notingServer(() => redirect(`${other.url}/`));
  const [outcome] = await collect(download, [site.url]);
  assertEquals([outcome.result, outcome.finalUrl], ["done", `${other.url}/`]);
  // fetch would have asked for no coding
  const [first, second] = [site, other].map(({ seen: [{ headers }] }) => headers.get("accept-encoding"));
  assertEquals([first?.includes("gzip"), second], [true, first]);
});

test("redirects that don't end, go in a circle, or leave the web, fail and say why", async () => {
  await using site = notingServer((path) => {
    if (path === "/circle") return redirect("/circle");
    if (path === "/file") return redirect("file:///etc/hostname");
    return redirect(`/on${Number(path.slice(3)) + 1}`);
  });
  const outcomes = await collect(async, ["/on1", "/circle", "/file"].map((path) => site.url + path));
  assertEquals(outcomes.map(whyFailed), [
    ["redirect", `${site.url}/on21 redirects to ${site.url}/on22: more than 20 redirects`],
    ["redirect", `${site.url}/circle redirects to ${site.url}/circle: it has been there before`],
    ["redirect", `${site.url}/file redirects to file:///etc/hostname: only http and https are followed`],
  ]);
});

for (const strategy of WAYS) {
  test(`a part where the whole was asked for isn't taken for the whole, with ${strategy.title}()`, async () => {
    await using site = notingServer(() =>
      new Response("part", { status: 206, headers: { "content-range": "bytes 0-3/9" } })
    );
    const { outcomes, files } = await save(strategy, [`${site.url}/a`]);
    assertEquals([whyFailed(outcomes[0])[0], files], ["protocol", {}]);
  });

  test(`an empty body and a 204 are empty files, with ${strategy.title}()`, async () => {
    await using site = notingServer((path) => new Response(null, { status: path === "/a" ? 200 : 204 }));
    assertEquals((await save(strategy, [`${site.url}/a`, `${site.url}/b`])).files, { a: "", b: "" });
  });

  test(`the server's name for a file is taken, made safe, unless the list has one, with ${strategy.title}()`, async () => {
    const names: Record<string, string> = {
      "/1": 'attachment; filename="report 1.pdf"',
      "/2": 'attachment; filename="../../etc/passwd"',
      "/3": "attachment; filename*=UTF-8''na%C3%AFve.txt",
      "/4": 'attachment; filename="report 1.pdf"',
    };
    await using site = notingServer((path) => new Response(path, { headers: { "content-disposition": names[path] } }));
    const { files } = await save(strategy, ["/1", "/2", "/3"].map((path) => site.url + path), { concurrency: 1 });
    assertEquals(files, { "naïve.txt": "/3", passwd: "/2", "report 1.pdf": "/1" });
    const named = await save(strategy, [{ url: `${site.url}/4`, name: "mine" }]);
    assertEquals(named.files, { mine: "/4" });
  });

  test(`a packed body is saved unpacked, or as it is sent when raw, with ${strategy.title}()`, async () => {
    const packed = new Uint8Array(
      await new Response(new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
    );
    await using site = notingServer(() => new Response(packed, { headers: { "content-encoding": "gzip" } }));
    assertEquals((await save(strategy, [`${site.url}/a`])).files, { a: "hello" });
    const raw = await save(strategy, [`${site.url}/a`], { raw: true });
    assertEquals(raw.files.a, new TextDecoder().decode(packed));
    assertEquals(site.seen.map(({ headers }) => headers.get("accept-encoding")?.replace(" ", "")), [
      // Deno's fetch would unpack a part and say that it is all
      strategy === async ? "identity" : "gzip,br",
      "identity",
    ]);
  });

  test(`a packed body that is cut short isn't saved, with ${strategy.title}()`, async () => {
    const packed = new Uint8Array(
      await new Response(new Blob(["hello ".repeat(99)]).stream().pipeThrough(new CompressionStream("gzip")))
        .arrayBuffer(),
    );
    await using site = notingServer(() =>
      new Response(packed.subarray(0, -9), { headers: { "content-encoding": "gzip" } })
    );
    const { outcomes, files } = await save(strategy, [`${site.url}/a`]);
    assertEquals([whyFailed(outcomes[0])[0], files], ["truncated", {}]);
  });
}

for (const strategy of STRATEGIES) {
  test(`${strategy.title}() asks through a proxy, and sends it its password and nobody else's`, async () => {
    const heads: string[] = [];
    await using proxy = await RawServer.start((socket, received) => {
      heads.push(new TextDecoder().decode(received));
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
    });
    const through = proxy.url.replace("//", "//me:pass@");
    const [outcome] = await collect(strategy, ["http://nothing.invalid/a"], { proxy: through });
    assertEquals([outcome.result, outcome.bytes, heads.length], ["done", 2, 1]);
    assert(heads[0].startsWith("GET http://nothing.invalid/a HTTP/1.1\r\n"), heads[0]);
    assert(heads[0].toLowerCase().includes(`proxy-authorization: basic ${btoa("me:pass").toLowerCase()}`));
  });
}

for (const strategy of STRATEGIES) {
  testWithPrograms(`${strategy.title}() trusts a certificate authority that it is given, and no other`, async (t) => {
    const pair = await certificate();
    if (!pair) return void await t.step({ name: "left out: needs openssl", ignore: true, fn() {} });
    const stop = new AbortController();
    const versions: string[] = [];
    const server = Deno.serve(
      { ...pair, port: 0, hostname: "127.0.0.1", signal: stop.signal, onListen() {} },
      (request) => {
        versions.push(request.headers.has("host") ? "HTTP/1.1" : "HTTP/2");
        return new URL(request.url).pathname === "/down" ? redirect("http://127.0.0.1:9/") : new Response("secret");
      },
    );
    const url = `https://127.0.0.1:${server.addr.port}/`;
    const [untrusted] = await collect(strategy, [url]);
    assertEquals(whyFailed(untrusted)[0], "tls");
    const options = { caCerts: [pair.cert], concurrency: 1 };
    const [trusted, down] = await collect(strategy, [url, `${url}down`], options);
    assertEquals([trusted.result, trusted.bytes, versions[0]], ["done", 6, "HTTP/2"]);
    assertEquals(whyFailed(down), [
      "redirect",
      `${url}down redirects to http://127.0.0.1:9/: leaving https for http isn't allowed`,
    ]);
    if (strategy.pools) {
      for (const http of [1, 2, "auto", "alpn"] as const) await collect(strategy, [url], { ...options, http });
      for (const http of [1, 2, "auto", "alpn"] as const) await save(strategy, [url], { ...options, http });
      const expected = ["HTTP/1.1", "HTTP/2", "HTTP/2", "HTTP/2"];
      assertEquals(versions.slice(2), [...expected, ...expected]);
      assertEquals(whyFailed((await save(strategy, [url], { http: 1 })).outcomes[0])[0], "tls");
    }
    stop.abort();
    await server.finished;
  });
}
