import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MetricRegistry } from "../../../lib/core/metric_registry.ts";
import { MetricsEndpoint } from "../../../lib/metrics/prometheus/endpoint.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net");

const AT = { hostname: "127.0.0.1", port: 0 };

function counting(): { registry: MetricRegistry; count: (n: number) => void } {
  const registry = new MetricRegistry();
  let value = 0;
  registry.add(() => [{ type: "counter", name: "things_total", help: "Things", samples: [{ value }] }]);
  return { registry, count: (n) => value = n };
}

test("MetricsEndpoint serves what the counters say at the time, in the format that is asked for", async () => {
  const { registry, count } = counting();
  await using endpoint = new MetricsEndpoint(registry, AT);
  const plain = await fetch(endpoint.url);
  assertEquals(plain.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertStringIncludes(await plain.text(), "\nthings_total 0\n");
  count(3);
  const headers = { accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" };
  const open = await fetch(endpoint.url, { headers });
  assertEquals(open.headers.get("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  const text = await open.text();
  assertStringIncludes(text, "\nthings_total 3\n");
  assert(text.endsWith("# EOF\n"));
});

test("MetricsEndpoint serves what others have registered, until they take it out", async () => {
  const { registry } = counting();
  await using endpoint = new MetricsEndpoint(registry, AT);
  const remove = registry.add(() => [{ type: "gauge", name: "leases", help: "Leases", samples: [{ value: 4 }] }]);
  assertStringIncludes(await (await fetch(endpoint.url)).text(), "\nleases 4\n");
  remove();
  assert(!(await (await fetch(endpoint.url)).text()).includes("leases"));
});

test("MetricsEndpoint answers no other path and no other method, and HEAD without a body", async () => {
  await using endpoint = new MetricsEndpoint(counting().registry, AT);
  const { origin } = new URL(endpoint.url);
  for (const path of ["/", "/metrics/", "/metricsx"]) {
    const response = await fetch(origin + path);
    assertEquals([response.status, await response.text()], [404, "metrics are at /metrics\n"]);
  }
  const post = await fetch(endpoint.url, { method: "POST", body: "x" });
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  await post.body?.cancel();
  const head = await fetch(endpoint.url, { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  assertEquals(head.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
});

test("MetricsEndpoint says why when metrics can't be read, and goes on", async () => {
  const { registry } = counting();
  await using endpoint = new MetricsEndpoint(registry, AT);
  const remove = registry.add(() => {
    throw new Error("no lease");
  });
  const response = await fetch(endpoint.url);
  assertEquals([response.status, await response.text()], [500, "metrics can't be read: no lease\n"]);
  remove();
  assertEquals(await (await fetch(endpoint.url)).text().then((text) => text.includes("things_total")), true);
});

test("MetricsEndpoint waits until what there is has been fetched by GET, and no longer", async () => {
  const { registry } = counting();
  await using endpoint = new MetricsEndpoint(registry, AT);
  await (await fetch(endpoint.url)).text(); // before
  let isFetched = false;
  const fetched = endpoint.fetched(60_000, new AbortController().signal).then(() => isFetched = true);
  await (await fetch(endpoint.url, { method: "HEAD" })).text();
  await (await fetch(new URL("/", endpoint.url))).text();
  assertEquals(isFetched, false);
  await (await fetch(endpoint.url)).text();
  await fetched;
});

test("MetricsEndpoint waits no longer than it may, nor than its signal says", async () => {
  await using endpoint = new MetricsEndpoint(counting().registry, AT);
  await endpoint.fetched(1, new AbortController().signal);
  const aborter = new AbortController();
  const fetched = endpoint.fetched(60_000, aborter.signal);
  aborter.abort();
  await fetched;
  await endpoint.fetched(60_000, aborter.signal);
});

test("MetricsEndpoint can be closed while a client hangs", async () => {
  const endpoint = new MetricsEndpoint(counting().registry, AT);
  const { port } = new URL(endpoint.url);
  using conn = await Deno.connect({ hostname: AT.hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\nhost: x\r\n"));
  await endpoint[Symbol.asyncDispose]();
});
