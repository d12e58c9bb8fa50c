/** The spans that a run sends with OTEL_DENO=true: of downloads and attempts, in all isolates, and that requests name theirs. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { TITLES } from "../../tasks/strategies.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { startSocksProxy } from "../helpers/socks_proxy.ts";
import { type SentSpan, TraceCollector } from "../helpers/trace_collector.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url);
const [INTERNAL, CLIENT] = [1, 3];

/** A website that keeps the `traceparent` of every request, by its path and its number. */
class TracedSite extends CountingServer {
  constructor(readonly traceparents = new Map<string, string | null>()) {
    super({
      answer(path, nth, request) {
        traceparents.set(`${path} ${nth}`, request.headers.get("traceparent"));
        if (path === "/moved") return new Response(null, { status: 302, headers: { location: "/1" } });
        const status = path === "/none" ? 404 : path === "/later" && nth === 1 ? 500 : 200;
        return new Response("1", { status });
      },
    });
  }
}

async function run(script: string, args: string[], env: Record<string, string>): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, ...args], cwd: ROOT, env });
  const { stdout, stderr, code } = await command.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(code < 2, said);
  return said;
}

const header = ({ traceId, spanId }: SentSpan) => `00-${traceId}-${spanId}-01`;

test("download.ts sends a span for each download, and below it one for each attempt, by the conventions for HTTP", async () => {
  await using site = new TracedSite();
  await using collector = new TraceCollector();
  const { port } = new URL(site.url);
  const paths = ["/1?sig=SECRET&x=1", "/none", "/later", "/1?sig=SECRET&x=1"];
  const urls = paths.map((path) => `http://user:PASSWORD@127.0.0.1:${port}${path}`);
  await run("download.ts", [...urls, "--header", "x-key: HEADER"], collector.env);

  const [whole] = collector.named("run");
  assertEquals([whole.parentSpanId, whole.attributes], ["", { "download.strategy": "download" }]);
  const downloads = collector.named("download");
  assertEquals(downloads.map(({ parentSpanId, kind }) => [parentSpanId, kind]), Array(4).fill(["", INTERNAL]));
  assertEquals(new Set(downloads.map(({ traceId }) => traceId)).size, 4, "each is a trace of its own");
  for (const { links } of downloads) assertEquals([links.length, links[0].spanId], [1, whole.spanId]);
  const bySize = (found: SentSpan[]) =>
    found.map(({ attributes: { "download.result": result, "download.attempts": attempts } }) =>
      `${result} ${attempts}`
    );
  assertEquals(bySize(downloads).sort(), ["done 1", "done 2", "failed 1", "skipped 0"]);

  const of = (path: string) => {
    const all = downloads.filter(({ attributes }) => String(attributes["url.full"]).startsWith(site.url + path));
    const download = all.find(({ attributes }) => attributes["download.result"] !== "skipped");
    assert(download);
    return { download, attempts: collector.named("GET", download.traceId) };
  };
  const request = { "http.request.method": "GET", "server.address": "127.0.0.1", "server.port": Number(port) };
  const answer = { "http.response.body.size": 1, "network.protocol.version": "1.1" };
  const first = of("/1");
  assertEquals(first.attempts.length, 1);
  assertEquals(first.attempts[0].attributes, {
    ...{ ...request, ...answer, "http.response.status_code": 200 },
    "url.full": `${site.url}/1?sig=REDACTED&x=1`,
  });
  const [{ parentSpanId, kind, scope, status }] = first.attempts;
  assertEquals([parentSpanId, kind, scope], [first.download.spanId, CLIENT, "download-stuff-with-deno"]);
  assertEquals(status.code, 0);
  assertEquals(site.traceparents.get("/1 1"), header(first.attempts[0]));

  const none = of("/none");
  assertEquals(none.attempts.map(({ attributes }) => attributes["error.type"]), ["404"]);
  assertEquals([none.download.attributes["error.type"], none.download.status.code], ["404", 2]);
  assertMatch(none.download.status.message, /answered 404/);

  const later = of("/later");
  const resent = later.attempts.map(({ attributes }) => [
    attributes["http.response.status_code"],
    attributes["http.request.resend_count"] ?? "none",
  ]);
  assertEquals(resent, [[500, "none"], [200, 1]]);
  assertEquals(later.attempts.map(header), [1, 2].map((nth) => site.traceparents.get(`/later ${nth}`)));
  assertEquals([later.download.attributes["http.request.resend_count"], later.download.status.code], [1, 0]);
  for (const secret of ["SECRET", "PASSWORD", "HEADER"]) assert(!collector.text.includes(secret), secret);
});

test("download.ts names the span of an attempt in its request over HTTP/2, and in those that redirects lead to", async () => {
  await using site = new TracedSite();
  await using collector = new TraceCollector();
  await run("download.ts", [`${site.url}/moved`, "--http", "2"], collector.env);
  const [attempt, ...others] = collector.named("GET");
  assertEquals([others.length, attempt.attributes["network.protocol.version"]], [0, "2"]);
  assertEquals([...site.traceparents], [["/moved 1", header(attempt)], ["/1 1", header(attempt)]]);
});

for (const title of TITLES.filter((title) => title !== "download")) {
  test(`${title}.ts sends a span for each download and attempt, and fetch one of its own below that`, async () => {
    await using site = new TracedSite();
    await using collector = new TraceCollector();
    await run(`${title}.ts`, [`${site.url}/1`, `${site.url}/later`], collector.env);
    assertEquals(collector.named("download").length, 2);
    for (const { traceId, spanId } of collector.named("download")) {
      const attempts = collector.named("attempt", traceId);
      assertEquals(new Set(attempts.map(({ parentSpanId }) => parentSpanId)), new Set([spanId]));
      const fetched = collector.named("GET", traceId);
      assertEquals(fetched.map(({ kind }) => kind), attempts.map(() => CLIENT));
      assertEquals(
        fetched.map(({ parentSpanId }) => parentSpanId).sort(),
        attempts.map(({ spanId }) => spanId).sort(),
      );
    }
    const sent = [...site.traceparents.values()].sort();
    assertEquals(sent, collector.named("GET").map(header).sort());
    assertEquals(sent.length, 3);
  });
}

test("attempts in workers are a part of their downloads in the main isolate", async () => {
  await using site = new TracedSite();
  await using collector = new TraceCollector();
  const urls = Array.from({ length: 10 }, (_, n) => `${site.url}/${n}`);
  await run("tests/fixtures/traced_workers.ts", ["", ...urls], collector.env);
  const downloads = collector.named("download");
  assertEquals([downloads.length, collector.named("GET").length], [10, 10]);
  for (const { traceId, spanId } of downloads) {
    assertEquals(collector.named("GET", traceId).map(({ parentSpanId }) => parentSpanId), [spanId]);
  }
  assertEquals([...site.traceparents.values()].sort(), collector.named("GET").map(header).sort());
});

test("a download is a part of the span that its source names", async () => {
  await using site = new TracedSite();
  await using collector = new TraceCollector();
  const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
  const trace = `00-${parent.traceId}-${parent.spanId}-01`;
  await run("tests/fixtures/traced_workers.ts", [trace, `${site.url}/1`], collector.env);
  const [download] = collector.named("download");
  assertEquals([download.traceId, download.parentSpanId], [parent.traceId, parent.spanId]);
});

test("a request of download.ts that fetch has to send names one span", async () => {
  await using site = new TracedSite();
  await using proxy = await startSocksProxy();
  await using collector = new TraceCollector();
  await run("download.ts", [`${site.url}/1`, "--proxy", proxy.url], collector.env);
  const [own, ...others] = collector.named("GET").filter(({ scope }) => scope === "download-stuff-with-deno");
  const [fetched] = collector.named("GET").filter(({ parentSpanId }) => parentSpanId === own.spanId);
  assertEquals([others.length, site.traceparents.get("/1 1")], [0, header(fetched)]);
});

test("download.ts tells servers of traces that a sampler has left out, and sends no spans of them", async () => {
  await using site = new TracedSite();
  await using collector = new TraceCollector();
  await run("download.ts", [`${site.url}/1`], { ...collector.env, OTEL_TRACES_SAMPLER: "always_off" });
  assertEquals(collector.spans, []);
  assertMatch(String(site.traceparents.get("/1 1")), /^00-[\da-f]{32}-[\da-f]{16}-00$/);
});

test("download.ts sends no traceparent of its own unless OTEL_DENO=true, and leaves one that it is given", async () => {
  await using site = new TracedSite();
  const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await run("download.ts", [`${site.url}/1`], {});
  await run("download.ts", [`${site.url}/2`, "--header", `traceparent: ${given}`], {});
  assertEquals([...site.traceparents], [["/1 1", null], ["/2 1", given]]);
});
