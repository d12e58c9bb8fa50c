import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { content, contentKey } from "../../site/content.ts";
import { PARAMETER_LIST, queryName } from "../../site/parameters.ts";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
const body = (n: string, length: number, seed = 0) => content(contentKey(n, seed), 0, length);

async function statuses(url: string, count: number) {
  const all: number[] = [];
  for (let n = 0; n < count; n++) {
    const response = await fetch(`${url}${n}`);
    await response.body?.cancel();
    all.push(response.status);
  }
  return all;
}

test("delay and jitter make a page wait, by parameter and for everyone", async () => {
  await using site = serveSite({ behaviour: { jitter: 1 } });
  for (const path of ["7?delay=60", "7?jitter=0&delay=60"]) {
    const start = performance.now();
    assertEquals(await (await fetch(site.url + path)).text(), "7");
    assert(performance.now() - start >= 60);
  }
});

test("a parameter goes before what the site does for everyone", async () => {
  await using site = serveSite({ behaviour: { status: 500, numbytes: 5 } });
  assertEquals((await raw(site.url, get("/7"))).text.split("\r\n")[0], "HTTP/1.1 500 Internal Server Error");
  const response = await fetch(`${site.url}7?status=200`);
  assertEquals(await response.bytes(), body("7", 5));
});

test("numbytes answers that many bytes, by page and seed, and says their length", async () => {
  await using site = serveSite();
  for (const [length, seed] of [[0, 0], [1, 0], [1_000, 3], [200_000, 3]]) {
    const response = await fetch(`${site.url}7?numbytes=${length}&seed=${seed}`);
    assertEquals(response.headers.get("content-length"), String(length));
    assertEquals(await response.bytes(), body("7", length, seed));
  }
});

test("numbytes up to 1 GiB is made as it is taken", async () => {
  await using site = serveSite();
  const before = Deno.memoryUsage().rss;
  const response = await fetch(`${site.url}7?numbytes=${2 ** 30}`, { headers: { range: `bytes=${2 ** 30 - 10}-` } });
  assertEquals(await response.bytes(), content(contentKey("7", 0), 2 ** 30 - 10, 10));
  const whole = await fetch(`${site.url}7?numbytes=${2 ** 30}`);
  const reader = whole.body?.getReader();
  for (let read = 0; read < 2 ** 26;) read += (await reader?.read())?.value?.byteLength ?? 0;
  await reader?.cancel();
  assert(Deno.memoryUsage().rss - before < 2 ** 28);
});

test("chunk_size sends pieces without a length", async () => {
  await using site = serveSite();
  const { text } = await raw(site.url, get("/12345?chunk_size=2"));
  assertStringIncludes(text, "transfer-encoding: chunked\r\n");
  assertEquals(bodyOf(text), "2\r\n12\r\n2\r\n34\r\n1\r\n5\r\n0\r\n\r\n");
});

test("duration and rate spread the body over time", async () => {
  await using site = serveSite();
  for (const query of ["duration=100", "rate=10000", "duration=100&chunk_size=100"]) {
    const start = performance.now();
    assertEquals(await (await fetch(`${site.url}7?numbytes=1000&${query}`)).bytes(), body("7", 1_000));
    assert(performance.now() - start >= 99);
  }
});

test("gzip compresses for those who accept it, and for them only", async () => {
  await using site = serveSite();
  const cases = [["gzip", true], ["br, GZIP;q=0.5", true], ["*", true], ["gzip;q=0", false], ["br", false]];
  for (const [accepted, compressed] of cases) {
    const { text } = await raw(site.url, get("/7?gzip=true", `accept-encoding: ${accepted}\r\nconnection: close\r\n`));
    assertEquals(/content-encoding: gzip\r\n/.test(text), compressed);
    assertStringIncludes(text, "vary: accept-encoding\r\n");
    assertEquals(bodyOf(text) === "7", !compressed);
  }
  const response = await fetch(`${site.url}7?gzip=true&numbytes=100000`);
  assertEquals(await response.bytes(), body("7", 100_000));
  assertMatch(response.headers.get("etag") ?? "", /^"[0-9a-f]{8}-100000-gzip"$/);
});

test("status answers with it; the body says what it means", async () => {
  await using site = serveSite();
  for (const [status, text] of [[200, "7"], [203, "7"], [204, ""], [304, ""], [301, "7"]] as const) {
    const answer = await raw(site.url, get(`/7?status=${status}`));
    assertMatch(answer.text, new RegExp(`^HTTP/1.1 ${status} `));
    assertEquals(bodyOf(answer.text), text);
  }
  const teapot = await fetch(`${site.url}7?status=418`);
  assertEquals([teapot.status, await teapot.json()], [418, { detail: "I'm a teapot" }]);
  const unnamed = await fetch(`${site.url}7?status=599`);
  assertEquals([unnamed.status, await unnamed.json()], [599, { detail: "Failed as it was asked to" }]);
});

test("retry_after says when to come back, in seconds or as a date, if it fails", async () => {
  await using site = serveSite();
  const header = async (query: string) => {
    const response = await fetch(`${site.url}7?${query}`);
    await response.body?.cancel();
    return response.headers.get("retry-after");
  };
  assertEquals(await header("status=503&retry_after=3"), "3");
  assertEquals(await header("retry_after=3"), null);
  const date = await header("status=429&retry_after=60&retry_after_form=date") ?? "";
  assertEquals(new Date(date).toUTCString(), date);
  assert(Math.abs(Date.parse(date) - Date.now() - 60_000) < 5_000);
});

test("failure_rate fails the same pages in the same attempts, every time", async () => {
  await using site = serveSite({ behaviour: { failureRate: 0.3, seed: 1 } });
  const first = await statuses(site.url, 100);
  const second = await statuses(site.url, 100);
  const failed = first.filter((status) => status === 503).length;
  assert(failed > 15 && failed < 45);
  assertNotEquals(first, second);
  await (await fetch(`${site.url}stats`, { method: "DELETE" })).body?.cancel();
  assertEquals([await statuses(site.url, 100), await statuses(site.url, 100)], [first, second]);

  await using other = serveSite({ behaviour: { failureRate: 0.3, seed: 2 } });
  assertNotEquals(await statuses(other.url, 100), first);
});

test("failure_rate 0 never fails, 1 always, with the status or the fault that was asked for", async () => {
  await using site = serveSite();
  const status = async (query: string) => (await raw(site.url, get(`/7?${query}`))).text.slice(9, 12);
  assertEquals(await status("failure_rate=0&status=500&fault=TRUNCATE"), "200");
  assertEquals(await status("failure_rate=1"), "503");
  assertEquals(await status("failure_rate=1&status=500"), "500");
  assertEquals(bodyOf((await raw(site.url, get("/77?failure_rate=1&fault=TRUNCATE"))).text), "7");
});

test("redirects lead to the page in as many steps", async () => {
  await using site = serveSite();
  let path = "/7?redirects=3&seed=1";
  const steps: string[] = [];
  for (;;) {
    const response = await fetch(new URL(path, site.url), { redirect: "manual" });
    await response.body?.cancel();
    if (response.status !== 302) break;
    steps.push(path = response.headers.get("location") ?? "");
  }
  assertEquals(steps, ["/7?redirects=2&seed=1", "/7?redirects=1&seed=1", "/7?seed=1"]);
  const followed = await fetch(`${site.url}7?redirects=1`);
  assertEquals([followed.url, await followed.text()], [`${site.url}7`, "7"]);
});

test("redirect_loop leads nowhere else", async () => {
  await using site = serveSite();
  const { text } = await raw(site.url, get("/7?redirect_loop=true"));
  assertMatch(text, /^HTTP\/1.1 302 [^]*location: \/7\?redirect_loop=true\r\n/);
});

test("a page can be had in parts, and only while it is the same", async () => {
  await using site = serveSite();
  const url = `${site.url}7?numbytes=1000`;
  const whole = await fetch(url, { headers: { range: "bytes=0-99" } });
  const etag = whole.headers.get("etag") ?? "";
  assertEquals([whole.status, whole.headers.get("content-range")], [206, "bytes 0-99/1000"]);
  assertEquals(await whole.bytes(), body("7", 100));
  const rest = await fetch(url, { headers: { range: "bytes=100-", "if-range": etag } });
  assertEquals([rest.status, await rest.bytes()], [206, content(contentKey("7", 0), 100, 900)]);
  const changed = await fetch(`${url}&seed=1`, { headers: { range: "bytes=100-", "if-range": etag } });
  assertEquals([changed.status, await changed.bytes()], [200, body("7", 1_000, 1)]);
  const beyond = await fetch(url, { headers: { range: "bytes=1000-" } });
  assertEquals([beyond.status, beyond.headers.get("content-range"), await beyond.text()], [416, "bytes */1000", ""]);
  const known = await fetch(url, { headers: { "if-none-match": etag } });
  assertEquals([known.status, known.headers.get("etag"), await known.text()], [304, etag, ""]);
});

test("HEAD says the length without making the body", async () => {
  await using site = serveSite();
  for (const query of ["", "&chunk_size=65536", "&duration=600000", "&gzip=true"]) {
    const head = await fetch(`${site.url}7?numbytes=${2 ** 30}${query}`, { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-length")], [200, String(2 ** 30)]);
    assertEquals(await head.text(), "");
  }
});

test("every parameter is refused beyond its bounds, by its name", async () => {
  await using site = serveSite();
  for (const [name, parameter] of PARAMETER_LIST) {
    const bad = "min" in parameter
      ? [parameter.min - 1, parameter.max + 1, "x", "", "1e3", " 1", "0x1", "NaN"]
      : ["x", ""];
    for (const value of bad) {
      for (const path of ["7", "urls"]) {
        const url = `${site.url}${path}?${queryName(name)}=${encodeURIComponent(value)}`;
        const response = await fetch(url);
        const { detail } = await response.json();
        assertEquals([response.status, detail[0].loc, detail[0].input], [
          422,
          ["query", queryName(name)],
          String(value),
        ]);
        assertMatch(detail[0].msg, /^Input should be (a whole number|a number|one of|true or false) ?/);
      }
    }
  }
});

test("parameters together may not keep the server busy for hours", async () => {
  await using site = serveSite();
  for (
    const [query, name] of [[`numbytes=${2 ** 30}&rate=1`, "rate"], [`numbytes=${2 ** 30}&chunk_size=1`, "chunk_size"]]
  ) {
    const response = await fetch(`${site.url}7?${query}`);
    assertEquals([response.status, (await response.json()).detail[0].loc], [422, ["query", name]]);
  }
});

test("an unknown parameter is refused with the nearest that there is", async () => {
  await using site = serveSite();
  const response = await fetch(`${site.url}7?dealy=5`);
  const detail = [{
    type: "extra_forbidden",
    loc: ["query", "dealy"],
    msg: "Unknown parameter; did you mean delay?",
    input: "5",
  }];
  assertEquals([response.status, await response.json()], [422, { detail }]);
  const path = await fetch(`${site.url}abc?delay=5`);
  assertEquals([path.status, (await path.json()).detail[0].type], [422, "int_parsing"]);
  const twice = await fetch(`${site.url}7?delay=5&delay=6`);
  assertEquals([twice.status, (await twice.json()).detail[0].loc], [422, ["query", "delay"]]);
});

test("GET /urls lists URLs that answer what it says", async () => {
  await using site = serveSite();
  const text = await (await fetch(`${site.url}urls?count=3&start=5&seed=2`)).text();
  assertEquals(text, [5, 6, 7].map((n) => `${site.url}${n}?seed=2\n`).join(""));

  const numbers = await (await fetch(`${site.url}urls?count=2&format=ndjson`)).text();
  assertEquals(numbers.trim().split("\n").map((line) => JSON.parse(line)), [
    { url: `${site.url}0`, expected: 0 },
    { url: `${site.url}1`, expected: 1 },
  ]);

  const bodies = await (await fetch(`${site.url}urls?count=2&format=ndjson&numbytes=100&seed=3`)).text();
  for (const line of bodies.trim().split("\n")) {
    const { url, sha256 } = JSON.parse(line);
    const bytes = await (await fetch(url)).bytes();
    assertEquals(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex(), sha256);
  }
  const large = await (await fetch(`${site.url}urls?count=1&format=ndjson&numbytes=5000`)).json();
  assertEquals(large, { url: `${site.url}0?numbytes=5000` });
  const changing = await (await fetch(`${site.url}urls?count=1&format=ndjson&change_every=2`)).json();
  assertEquals(changing, { url: `${site.url}0?change_every=2` });
  assertEquals(await (await fetch(`${site.url}urls?count=0`)).text(), "");
});

test("GET /urls lists a million without holding them", async () => {
  await using site = serveSite();
  const response = await fetch(`${site.url}urls?count=1000000`);
  let lines = 0;
  for await (const bytes of response.body ?? []) for (const byte of bytes) if (byte === 10) lines++;
  assertEquals(lines, 1_000_000);
});

test("more at once than maxConcurrentRequests get 503 with Retry-After, or wait", async () => {
  for (const [whenFull, answered] of [["refuse", 3], ["queue", 10]] as const) {
    await using site = serveSite({ maxConcurrentRequests: 3, whenFull, behaviour: { delay: 50 } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => raw(site.url, get("/7"))));
    assertEquals(answers.filter(({ text }) => bodyOf(text) === "7").length, answered);
    const refused = answers.filter(({ text }) => /^HTTP\/1.1 503 [^]*retry-after: 1\r\n/.test(text));
    assertEquals(refused.length, 10 - answered);
  }
});

test("more a second than requestsPerSecond get 429 with Retry-After", async () => {
  await using site = serveSite({ requestsPerSecond: 5 });
  const answers = await Promise.all(Array.from({ length: 50 }, () => raw(site.url, get("/7"))));
  const refused = answers.filter(({ text }) => /^HTTP\/1.1 429 [^]*retry-after: 1\r\n/.test(text));
  assert(refused.length >= 40 && refused.length <= 45);
});

test("a request counts as in flight until its body is sent or its client is gone", async () => {
  await using site = serveSite();
  const response = await fetch(`${site.url}7?numbytes=1000&duration=600000`);
  assertEquals(site.stats.inFlight, 1);
  await response.body?.cancel();
  while (site.stats.inFlight > 0) await raw(site.url, get("/stats"));

  await raw(site.url, get("/7?delay=100"), { until: () => true });
  while (site.stats.report().requests < 2) await raw(site.url, get("/stats"));
  while (site.stats.inFlight > 0) await raw(site.url, get("/stats"));
});
