import { assertEquals, assertStringIncludes } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

for (const [protocol, options] of Object.entries({ "HTTP/1.1": { http2: false }, "HTTP/2": { http1: false } })) {
  test(`the site answers integers of any size exactly over ${protocol}`, async () => {
    await using site = serveSite();
    using client = Deno.createHttpClient({ ...options, poolIdleTimeout: false });
    for (
      const [asked, answer] of [
        ["0", "0"],
        ["4950", "4950"],
        ["-5", "-5"],
        ["+5", "5"],
        ["007", "7"],
        ["-0", "0"],
        ["123456789012345678901234567890", "123456789012345678901234567890"],
        ["9".repeat(5_000), "9".repeat(5_000)],
      ]
    ) {
      const response = await fetch(site.url + asked, { client });
      assertEquals(response.status, 200);
      assertEquals(response.headers.get("content-type"), "application/json");
      assertEquals(await response.text(), answer);
    }
    assertEquals(site.stats.report().responses, { 200: 8 });
  });

  test(`the site answers HEAD like GET, without the body, over ${protocol}`, async () => {
    await using site = serveSite();
    using client = Deno.createHttpClient({ ...options, poolIdleTimeout: false });
    for (const path of ["12345", "abc", "", "a/b"]) {
      const got = await fetch(site.url + path, { client });
      const length = (await got.bytes()).byteLength;
      const head = await fetch(site.url + path, { client, method: "HEAD" });
      assertEquals(head.status, got.status);
      assertEquals(head.headers.get("content-length"), String(length));
      assertEquals(head.headers.get("content-type"), got.headers.get("content-type"));
      assertEquals(await head.text(), "");
    }
  });
}

test("the site refuses what is no integer as FastAPI does", async () => {
  await using site = serveSite();
  for (const input of ["abc", "1.5", "", "1e3", "0x10", "--1", "٣"]) {
    if (input === "") continue;
    const response = await fetch(site.url + encodeURIComponent(input));
    assertEquals(response.status, 422);
    assertEquals(await response.json(), {
      detail: [{
        type: "int_parsing",
        loc: ["path", "n"],
        msg: "Input should be a valid integer, unable to parse string as an integer",
        input,
      }],
    });
  }
});

test("the site answers 404 to unknown paths and 405 with Allow to other methods", async () => {
  await using site = serveSite();
  const unknown = await fetch(`${site.url}a/b`);
  assertEquals(unknown.status, 404);
  assertEquals(await unknown.json(), { detail: "Not Found" });
  for (const [path, method, allow] of [["5", "POST", "GET, HEAD"], ["stats", "PUT", "GET, HEAD, DELETE"]]) {
    const response = await fetch(site.url + path, { method });
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), allow);
    assertEquals(await response.json(), { detail: "Method Not Allowed" });
  }
});

test("the site waits before it answers, for all that ask at once together", async () => {
  await using site = serveSite({ behaviour: { delay: 50 } });
  const start = performance.now();
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    assertEquals(await (await fetch(site.url + i)).text(), String(i));
  }));
  const { peak_in_flight, peak_in_flight_by_address } = site.stats.report();
  assertEquals(performance.now() - start >= 50, true);
  assertEquals(peak_in_flight_by_address, { "127.0.0.1": peak_in_flight });
});

test("GET /stats counts what the site was asked, DELETE /stats starts over", async () => {
  await using site = serveSite();
  for (const path of ["1", "2", "abc", "a/b"]) await raw(site.url, get(`/${path}`));
  for (const path of ["/", "/stats"]) await raw(site.url, get(path));
  const response = await fetch(`${site.url}stats`);
  assertEquals(await response.json(), {
    requests: 4,
    responses: { 200: 2, 404: 1, 422: 1 },
    faults: {},
    connections: 4,
    in_flight: 0,
    peak_in_flight: 1,
    peak_in_flight_by_address: { "127.0.0.1": 1 },
    by_client: { "no User-Agent": { requests: 4, connections: 4 } },
  });
  const reset = await fetch(`${site.url}stats`, { method: "DELETE" });
  assertEquals([reset.status, await reset.text()], [204, ""]);
  assertEquals(site.stats.report().requests, 0);
});

test("GET / says what the site is", async () => {
  await using site = serveSite();
  const response = await fetch(site.url);
  assertStringIncludes(response.headers.get("content-type") ?? "", "text/html");
  assertStringIncludes(await response.text(), `href="/docs"`);
});
