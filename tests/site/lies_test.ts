import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { content, contentKey } from "../../site/content.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { rawHttp2 } from "../helpers/raw_http2.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");
const onSockets = testOnSockets(await testNeeding("net", "ffi"));

const body = (n: string, length: number, version = 0) => content(contentKey(n, 0, version), 0, length);
const text = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
const lengthsOf = (text: string) => [...text.matchAll(/^content-length: (.*)\r$/gm)].map(([, length]) => length);

async function asked(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  const { status } = response;
  return { status, headers: response.headers, bytes: await response.bytes() };
}

test("changeEvery changes a page's bytes, ETag and date after so many requests, and says so", async () => {
  await using site = serveSite();
  const url = `${site.url}7?numbytes=100&change_every=2`;
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await asked(url));
  assertEquals(answers.map(({ bytes }) => bytes), [0, 0, 1, 1, 2].map((version) => body("7", 100, version)));
  assertEquals(new Set(answers.map(({ headers }) => headers.get("etag"))).size, 3);
  assertEquals(new Set(answers.map(({ headers }) => headers.get("last-modified"))).size, 3);

  await (await fetch(`${site.url}stats`, { method: "DELETE" })).body?.cancel();
  const first = await asked(url);
  const [etag, date] = ["etag", "last-modified"].map((name) => first.headers.get(name) ?? "");
  assertEquals((await asked(url, { "if-modified-since": date })).status, 304);
  assertEquals((await asked(url, { "if-modified-since": date })).status, 200);
  const part = await asked(url, { range: "bytes=50-", "if-range": etag });
  assertEquals([part.status, part.bytes], [200, body("7", 100, 1)]);
  assertEquals((await asked(url, { "if-match": etag })).status, 412);
});

test("changeEvery adds one to the number with each change", async () => {
  await using site = serveSite();
  const numbers = [];
  for (let i = 0; i < 3; i++) {
    numbers.push(await (await fetch(`${site.url}99999999999999999999?change_every=1`)).text());
  }
  assertEquals(numbers, ["99999999999999999999", "100000000000000000000", "100000000000000000001"]);
});

test("changeInterval changes a page as time passes", async () => {
  await using site = serveSite();
  const url = `${site.url}7?numbytes=100&change_interval=20`;
  const first = await asked(url);
  let later = await asked(url);
  while (later.headers.get("etag") === first.headers.get("etag")) later = await asked(url);
  assertNotEquals(later.bytes, first.bytes);
});

test("validators stuck say that a changed page is the same; restless ones, that the same has changed", async () => {
  await using site = serveSite();
  const stuck = `${site.url}7?numbytes=100&change_every=1&validators=stuck`;
  const [first, second] = [await asked(stuck), await asked(stuck)];
  assertNotEquals(first.bytes, second.bytes);
  for (const name of ["etag", "last-modified"]) assertEquals(first.headers.get(name), second.headers.get(name));
  const restless = `${site.url}8?numbytes=100&validators=restless`;
  const [one, two] = [await asked(restless), await asked(restless)];
  assertEquals(one.bytes, two.bytes);
  for (const name of ["etag", "last-modified"]) assertNotEquals(one.headers.get(name), two.headers.get(name));
});

test("validators weak, date and none leave out what a strong one could do", async () => {
  await using site = serveSite();
  const said = async (validators: string) => {
    const { headers } = await asked(`${site.url}7?numbytes=100&validators=${validators}`);
    return [headers.get("etag"), headers.has("last-modified")];
  };
  const [weak] = await said("weak");
  assertMatch(String(weak), /^W\/"[0-9a-f]{8}-100"$/);
  assertEquals([await said("date"), await said("none")], [[null, true], [null, false]]);

  const url = `${site.url}7?numbytes=100&validators=weak`;
  assertEquals((await asked(url, { "if-none-match": String(weak) })).status, 304);
  assertEquals((await asked(url, { "if-match": String(weak) })).status, 412);
  assertEquals((await asked(url, { range: "bytes=50-", "if-range": String(weak) })).status, 200);
  const none = `${site.url}7?numbytes=100&validators=none`;
  const since = { "if-modified-since": new Date().toUTCString() };
  assertEquals([(await asked(none, since)).status, (await asked(none, { "if-match": '""' })).status], [200, 412]);
});

test("ranges lies about the part that is sent, in each of its ways", async () => {
  await using site = serveSite();
  const right = body("7", 100);
  const other = body("7", 100, 1);
  const cases: Record<string, [number, string | null, Uint8Array]> = {
    right: [206, "bytes 50-99/100", right.slice(50)],
    none: [200, null, right],
    ignored: [200, null, right],
    refused: [416, "bytes */100", new Uint8Array()],
    short: [206, "bytes 50-74/100", right.slice(50, 75)],
    "wrong-content-range": [206, "bytes 49-98/100", right.slice(50)],
    "no-content-range": [206, null, right.slice(50)],
    "wrong-total": [206, "bytes 50-99/101", right.slice(50)],
    "other-version": [206, "bytes 50-99/100", other.slice(50)],
    "other-bytes": [206, "bytes 50-99/100", other.slice(50)],
  };
  const whole = await asked(`${site.url}7?numbytes=100`);
  for (const [ranges, [status, range, bytes]] of Object.entries(cases)) {
    const answer = await asked(`${site.url}7?numbytes=100&ranges=${ranges}`, { range: "bytes=50-" });
    assertEquals([answer.status, answer.headers.get("content-range"), answer.bytes], [status, range, bytes], ranges);
    assertEquals(answer.headers.get("etag") === whole.headers.get("etag"), ranges !== "other-version", ranges);
    assertEquals(answer.headers.get("accept-ranges"), ranges === "none" ? "none" : "bytes", ranges);
  }
});

test("BIT_FLIP sends one bit wrong, another one each time, and all else right", async () => {
  await using site = serveSite();
  const right = body("7", 100_000);
  const flips = [];
  for (const query of ["", "", "&rate=10000000"]) {
    const answer = await asked(`${site.url}7?numbytes=100000&fault=BIT_FLIP${query}`);
    assertEquals([answer.status, answer.headers.get("content-length")], [200, "100000"]);
    const wrong = [...answer.bytes.keys()].filter((i) => answer.bytes[i] !== right[i]);
    assertEquals(wrong.length, 1);
    const difference = answer.bytes[wrong[0]] ^ right[wrong[0]];
    assertEquals(difference & (difference - 1), 0);
    flips.push(wrong[0]);
  }
  assertEquals(new Set(flips).size, 3);
  assertEquals(site.stats.report().faults, { BIT_FLIP: 3 });
});

onSockets(
  "CONTENT_LENGTH_* over HTTP/1.1 say nothing, too little, too much or two things about the whole body",
  async () => {
    await using site = serveSite();
    const whole = text(body("7", 1_000));
    const cases = { MISSING: [], SHORT: ["500"], LONG: ["1001"], TWICE: ["1000", "1001"] };
    for (const [fault, lengths] of Object.entries(cases)) {
      const answer = await raw(site.url, get(`/7?numbytes=1000&fault=CONTENT_LENGTH_${fault}`, ""));
      assertMatch(answer.text, /^HTTP\/1\.1 200 OK\r\n/);
      assertEquals([lengthsOf(answer.text), bodyOf(answer.text), answer.end], [lengths, whole, "closed"], fault);
      assert(!answer.text.includes("transfer-encoding"));
    }
  },
);

onSockets("CONTENT_LENGTH_MISSING sends bodies larger than a socket takes at once", async () => {
  await using site = serveSite();
  const response = await fetch(`${site.url}7?numbytes=20000000&fault=CONTENT_LENGTH_MISSING`);
  const bytes = await response.bytes();
  assertEquals([bytes.length, contentHash(bytes)], [20_000_000, contentHash(body("7", 20_000_000))]);
});

const contentHash = (bytes: Uint8Array) => bytes.reduce((sum, byte) => Math.imul(sum, 31) + byte | 0, 0);

onSockets(
  "EXTRA_BYTES sends 512 bytes behind the body; EXTRA_RESPONSE a whole answer that nobody asked for",
  async () => {
    await using site = serveSite();
    const whole = text(body("7", 100));
    const bytes = await raw(site.url, get("/7?numbytes=100&fault=EXTRA_BYTES", ""));
    assertEquals([lengthsOf(bytes.text), bytes.end], [["100"], "closed"]);
    assertEquals([bodyOf(bytes.text).slice(0, 100), bodyOf(bytes.text).length], [whole, 612]);

    const pipelined = get("/8?fault=EXTRA_RESPONSE&numbytes=100", "") + get("/9");
    const { text: all } = await raw(site.url, pipelined);
    const answers = all.split("HTTP/1.1 200 OK\r\n").slice(1).map(bodyOf);
    assertEquals(answers.map(({ length }) => length), [100, 100, 1]);
    assertEquals([answers[0], answers[2]], [text(body("8", 100)), "9"]);
  },
);

test("lies about the length over HTTP/2 are DATA that don't add up, on one stream", async () => {
  await using site = serveSite();
  for (const [fault, sent] of [["SHORT", 1_000], ["LONG", 1_000], ["MISSING", 1_000]]) {
    const { frames, end } = await rawHttp2(site.url, `/7?numbytes=1000&fault=CONTENT_LENGTH_${fault}`);
    const bytes = frames.filter(({ type }) => type === "DATA").reduce((sum, { payload }) => sum + payload.length, 0);
    assertEquals([bytes, end, frames.at(-1)?.endsStream], [sent, "open", true]);
  }
  const { frames } = await rawHttp2(site.url, "/7?numbytes=1000&fault=EXTRA_BYTES");
  const data = frames.filter(({ type }) => type === "DATA").flatMap(({ payload }) => [...payload]);
  assertEquals([data.length, data.slice(0, 1_000)], [1_512, [...body("7", 1_000)]]);
});

test("a fault at a rate lies to the same pages each time, and never about HEAD's body", async () => {
  await using site = serveSite();
  const head = await fetch(`${site.url}7?numbytes=1000&fault=BIT_FLIP`, { method: "HEAD" });
  assertEquals([head.headers.get("content-length"), await head.text()], ["1000", ""]);
  let wrong = 0;
  for (let n = 0; n < 40; n++) {
    const { bytes } = await asked(`${site.url}${n}?numbytes=100&fault=BIT_FLIP&failure_rate=0.5`);
    if (text(bytes) !== text(body(String(n), 100))) wrong++;
  }
  assert(wrong > 8 && wrong < 32);
  assertEquals(site.stats.report().faults, { BIT_FLIP: wrong + 1 });
});

test("the site's own answers to HTTP/1.1 stay as they are", async () => {
  await using site = serveSite();
  assertStringIncludes((await raw(site.url, get("/7?numbytes=9"))).text, "content-length: 9\r\n");
});

test("a body that breaks off says which version it was of, so that it can be gone on with", async () => {
  await using site = serveSite();
  for (const [validators, expected] of [["right", [true, true]], ["date", [false, true]], ["none", [false, false]]]) {
    const query = `numbytes=9&fault=TRUNCATE&validators=${validators}`;
    const { text } = await raw(site.url, get(`/5?${query}`));
    const whole = await raw(site.url, get(`/5?numbytes=9&validators=${validators}`));
    for (const name of ["etag", "last-modified", "accept-ranges"]) {
      const field = new RegExp(`^${name}: .*$`, "m");
      assertEquals(field.exec(text)?.[0], field.exec(whole.text)?.[0]);
    }
    assertEquals([/^etag/m.test(text), /^last-modified/m.test(text)], expected);
  }
});
