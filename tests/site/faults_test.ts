import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { FAULTS } from "../../site/parameters.ts";
import { get, raw } from "../helpers/raw.ts";
import { rawHttp2 } from "../helpers/raw_http2.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");
const onSockets = testOnSockets(await testNeeding("net", "ffi"));

const asked = (fault: string) => `/7?numbytes=1000&fault=${fault}`;
const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);

onSockets("EMPTY_RESPONSE over HTTP/1.1 closes the connection without a byte", async () => {
  await using site = serveSite();
  assertEquals(await raw(site.url, get(asked("EMPTY_RESPONSE"))), { text: "", end: "closed" });
});

onSockets("CONNECTION_RESET_BY_PEER over HTTP/1.1 resets the connection without a byte", async () => {
  await using site = serveSite();
  assertEquals(await raw(site.url, get(asked("CONNECTION_RESET_BY_PEER"))), { text: "", end: "reset" });
});

onSockets("MALFORMED_RESPONSE_CHUNK over HTTP/1.1 sends a good head, then no chunk, and closes", async () => {
  await using site = serveSite();
  const { text, end } = await raw(site.url, get(asked("MALFORMED_RESPONSE_CHUNK")));
  assertMatch(text, /^HTTP\/1\.1 200 .*\r\n(.*\r\n)*transfer-encoding: chunked\r\n/);
  assert(!/^[0-9a-f]+\r\n/i.test(bodyOf(text)));
  assertEquals([bodyOf(text).length, end], [512, "closed"]);
});

onSockets("RANDOM_DATA_THEN_CLOSE over HTTP/1.1 sends what is no HTTP, and closes", async () => {
  await using site = serveSite();
  const { text, end } = await raw(site.url, get(asked("RANDOM_DATA_THEN_CLOSE")));
  assert(!text.startsWith("HTTP/"));
  assertEquals([text.length, end], [512, "closed"]);
});

test("TRUNCATE over HTTP/1.1 sends half of what content-length says, and closes", async () => {
  await using site = serveSite();
  const { text, end } = await raw(site.url, get(asked("TRUNCATE"), ""));
  assertStringIncludes(text, "content-length: 1000\r\n");
  assertEquals([bodyOf(text).length, end], [500, "closed"]);
});

test("STALL over HTTP/1.1 sends the head, then nothing", async () => {
  await using site = serveSite();
  const { text, end } = await raw(site.url, get(asked("STALL")), { until: (text) => text.includes("\r\n\r\n") });
  assertStringIncludes(text, "content-length: 1000\r\n");
  assertEquals([bodyOf(text), end], ["", "open"]);
});

test("STALL ends for the server when the client goes away", async () => {
  await using site = serveSite();
  await raw(site.url, get(asked("STALL")), { until: (text) => text.includes("\r\n\r\n") });
  while (site.stats.inFlight > 0) await raw(site.url, get("/stats"));
});

for (const fault of ["EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "TRUNCATE"]) {
  test(`${fault} over HTTP/2 resets the stream, and leaves the connection open`, async () => {
    await using site = serveSite();
    const { frames, end } = await rawHttp2(site.url, asked(fault));
    const bytes = frames.filter(({ type }) => type === "DATA").reduce((sum, { payload }) => sum + payload.length, 0);
    assertEquals(end, "open");
    assertEquals(frames.at(-1)?.type, "RST_STREAM");
    assertEquals(bytes, { EMPTY_RESPONSE: 0, MALFORMED_RESPONSE_CHUNK: 512, TRUNCATE: 500 }[fault]);
    assertEquals(frames.some(({ type }) => type === "HEADERS"), fault !== "EMPTY_RESPONSE");
  });
}

onSockets("CONNECTION_RESET_BY_PEER over HTTP/2 resets the connection", async () => {
  await using site = serveSite();
  const { frames, end } = await rawHttp2(site.url, asked("CONNECTION_RESET_BY_PEER"));
  assertEquals([frames.some(({ type }) => type === "HEADERS"), end], [false, "reset"]);
});

onSockets("RANDOM_DATA_THEN_CLOSE over HTTP/2 sends what are no frames, and closes", async () => {
  await using site = serveSite();
  const { frames, rest, end } = await rawHttp2(site.url, asked("RANDOM_DATA_THEN_CLOSE"));
  assertEquals([frames.some(({ type }) => type === "HEADERS"), rest, end], [false, 512, "closed"]);
});

onSockets("a fault hits its own connection among hundreds", async () => {
  await using site = serveSite();
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => {
    const fault = i % 3 ? `?delay=${i % 7}` : "?fault=CONNECTION_RESET_BY_PEER";
    return raw(site.url, get(`/${i}${fault}`));
  }));
  answers.forEach(({ text, end }, i) => {
    assertEquals([end, bodyOf(text)], i % 3 ? ["closed", String(i)] : ["reset", ""]);
  });
  assertEquals(site.stats.report().faults, { CONNECTION_RESET_BY_PEER: 100 });
  assertEquals(site.stats.report().responses, { 200: 200 });
  assertEquals(site.stats.inFlight, 0);
});

onSockets("faults over HTTP/1.1 are counted, and the server answers on", async () => {
  await using site = serveSite();
  for (const fault of FAULTS) await raw(site.url, get(`/7?fault=${fault}`), { until: (text) => /\r\n\r\n/.test(text) });
  assertEquals(site.stats.report().faults, Object.fromEntries(FAULTS.map((fault) => [fault, 1])));
  assertEquals(bodyOf((await raw(site.url, get("/8"))).text), "8");
});
