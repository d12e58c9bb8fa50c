import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type { Socket } from "node:net";
import { createSite } from "../../site/site.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { serveSite } from "../helpers/serve_site.ts";
import { serveUpstream } from "../helpers/serve_upstream.ts";

const test = await testNeeding("net");
const onSockets = testOnSockets(await testNeeding("net", "ffi"));

const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
const latin1 = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** An upstream of bare bytes: what it was sent, and what it answers to everything. */
async function answering(answer: string, received: string[] = []): Promise<RawServer> {
  return await RawServer.start((socket, bytes) => {
    received.push(latin1(bytes));
    socket.end(answer, "latin1");
  });
}

test("--upstream passes method, path and query on as they came, and tells its own host", async () => {
  const received: string[] = [];
  await using upstream = await answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", received);
  await using proxy = serveUpstream(upstream.url);
  const headers = "x-mine: \xe9\r\nconnection: close, x-hop\r\nx-hop: 1\r\nte: trailers\r\nkeep-alive: 5\r\n" +
    "proxy-authorization: Basic abc\r\nupgrade: websocket\r\naccept-encoding: br\r\nx-forwarded-for: 10.0.0.1\r\n";
  const { text } = await raw(proxy.url, get("//evil.test/a%2Fb/../c?x=1&fault=STALL", headers));
  assertEquals(bodyOf(text), "ok");
  const [line, ...fields] = received[0].split("\r\n");
  assertEquals(line, "GET //evil.test/a%2Fb/../c?x=1&fault=STALL HTTP/1.1");
  const sent = new Map(fields.filter(Boolean).map((field) => field.toLowerCase().split(": ") as [string, string]));
  assertEquals(sent.get("host"), upstream.url.slice("http://".length));
  assertEquals(sent.get("x-mine"), "\xe9");
  assertEquals(sent.get("accept-encoding"), "br");
  assertMatch(String(sent.get("via")), /^1\.1 slow-website-[0-9a-f]{8}$/);
  assertEquals(sent.get("x-forwarded-for"), "10.0.0.1, 127.0.0.1");
  assertEquals([sent.get("x-forwarded-host"), sent.get("x-forwarded-proto")], ["test", "http"]);
  assertEquals(sent.get("connection"), "close");
  for (const name of ["x-hop", "te", "keep-alive", "proxy-authorization", "upgrade", "content-length"]) {
    assertEquals(sent.has(name), false, name);
  }
});

test("--upstream asks no other server, whatever a request names", async () => {
  const asked: string[] = [];
  await using other = await answering("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil", asked);
  await using upstream = await answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  await using proxy = serveUpstream(upstream.url);
  const host = other.url.slice("http://".length);
  for (const target of [`${other.url}/`, `//${host}/`, `/@${host}/`, `/\\${host}/`]) {
    const request = `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    assertMatch((await raw(proxy.url, request)).text, /^HTTP\/1\.1 (200 OK[^]*\r\n\r\nok|400 )/, target);
  }
  assertEquals(asked, []);
});

test("--upstream passes bodies back as they came, codings and repeated headers included", async () => {
  const packed = "\x1f\x8b\x08\x00 not even gzip";
  const fields = `Content-Type: text/html\r\nContent-Encoding: gzip\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n` +
    `X-Hop: 1\r\nConnection: X-Hop\r\nETag: "x"\r\nX-Name: \xe9\r\n`;
  for (const framing of [`Content-Length: ${packed.length}`, "X-Ends: with the connection"]) {
    await using upstream = await answering(`HTTP/1.1 200 OK\r\n${fields}${framing}\r\n\r\n${packed}`);
    await using proxy = serveUpstream(upstream.url);
    const { text } = await raw(proxy.url, get("/", "accept-encoding: gzip\r\nconnection: close\r\n"));
    assertStringIncludes(text, packed);
    for (const line of ["content-encoding: gzip", "set-cookie: a=1", "set-cookie: b=2", `etag: "x"`, "x-name: \xe9"]) {
      assertStringIncludes(text, `\r\n${line}\r\n`);
    }
    assertEquals([/^x-hop/m.test(text), /^vary/m.test(text)], [false, false]);
  }
});

test("--upstream has HEAD, ranges, conditions and bodies of requests work", async () => {
  await using upstream = serveSite();
  await using proxy = serveUpstream(upstream.url);
  const head = await raw(proxy.url, `HEAD /5?numbytes=1000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  assertMatch(head.text, /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 1000\r\n[^]*\r\n\r\n$/);
  const whole = await fetch(`${proxy.url}5?numbytes=1000`);
  const bytes = await whole.bytes();
  assertEquals(bytes, await (await fetch(`${upstream.url}5?numbytes=1000`)).bytes());
  const part = await fetch(`${proxy.url}5?numbytes=1000`, { headers: { range: "bytes=10-19" } });
  assertEquals([part.status, part.headers.get("content-range")], [206, "bytes 10-19/1000"]);
  assertEquals(await part.bytes(), bytes.slice(10, 20));
  const fresh = await fetch(`${proxy.url}5?numbytes=1000`, {
    headers: { "if-none-match": whole.headers.get("etag") ?? "" },
  });
  assertEquals([fresh.status, await fresh.text()], [304, ""]);
  const streamed = () => new Blob(["a".repeat(100_000)]).stream();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const body of [streamed(), "b".repeat(100_000), ""]) {
      const answer = await (await fetch(`${proxy.url}anything/x`, { method, body })).json();
      assertEquals([answer.method, answer.bytes], [method, body === "" ? 0 : 100_000]);
    }
  }
});

test("--upstream keeps a redirect within itself, and follows none", async () => {
  const cases = { "http://UP/a?b#c": "http://HERE/a?b#c", "/a": "/a", "http://other.test/": "http://other.test/" };
  for (const [given, expected] of Object.entries(cases)) {
    await using upstream = await RawServer.start((socket) => {
      const location = given.replace("http://UP", upstream.url);
      socket.end(`HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
    });
    await using proxy = serveUpstream(upstream.url);
    const response = await fetch(proxy.url, { redirect: "manual" });
    await response.body?.cancel();
    assertEquals(response.headers.get("location"), expected.replace("http://HERE/", proxy.url));
  }
});

test("--upstream breaks off what the upstream breaks off", async () => {
  const heads = ["content-length: 10", "transfer-encoding: chunked"];
  for (const head of heads) {
    await using upstream = await answering(
      `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.endsWith("10") ? "abcd" : "4\r\nabcd\r\n"}`,
    );
    await using proxy = serveUpstream(upstream.url);
    await assertRejects(async () => await (await fetch(proxy.url)).text(), TypeError);
  }
});

test("--upstream says in one line why there is no answer: 502, 504 and 508", async () => {
  const refusing = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = refusing.addr;
  refusing.close();
  await using garbage = await answering("what?\r\n\r\n");
  await using silent = await RawServer.start(() => {});
  await using closing = await RawServer.start((socket) => socket.destroy());
  await using odd = await answering("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n");
  const cases: [url: string, status: number, says: RegExp][] = [
    [`http://127.0.0.1:${port}`, 502, /^can't ask http:\/\/127\.0\.0\.1:\d+: it refuses connections; is it running\?$/],
    [garbage.url, 502, /: it didn't answer in HTTP\/1\.1 \(.*\)$/],
    [closing.url, 502, /: it ended the connection without an answer$/],
    [odd.url, 502, /answered with status 999, which isn't one$/],
    [silent.url, 504, /^http:\/\/127\.0\.0\.1:\d+ sent nothing for 50 ms$/],
  ];
  for (const [url, status, says] of cases) {
    await using proxy = serveUpstream(url, { upstreamTimeout: 50 });
    const response = await fetch(`${proxy.url}5`);
    assertEquals(response.status, status);
    assertMatch((await response.json()).detail, says);
  }
});

test("--upstream gives up a body that stops coming, but not one that its client doesn't read", async () => {
  await using stalling = await RawServer.start((socket: Socket) =>
    void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd")
  );
  await using proxy = serveUpstream(stalling.url, { upstreamTimeout: 50 });
  await assertRejects(async () => await (await fetch(proxy.url)).text(), TypeError);
  const size = 2 ** 24;
  let taken = 0;
  await using large = await RawServer.start((socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    socket.on("drain", () => taken = socket.bytesWritten);
    socket.write(new Uint8Array(size));
  });
  await using patient = serveUpstream(large.url, { upstreamTimeout: 400 });
  const response = await fetch(patient.url);
  assertEquals(response.status, 200);
  const reader = response.body?.getReader();
  let read = (await reader?.read())?.value?.length ?? 0;
  await new Promise((done) => setTimeout(done, 800));
  assertEquals(taken, 0, "all of it was taken although nobody reads");
  reader?.releaseLock();
  for await (const piece of response.body ?? []) read += piece.length;
  assertEquals(read, size);
});

test("--upstream leaves the upstream when the client leaves", async () => {
  await using upstream = await RawServer.start((socket: Socket) =>
    void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd")
  );
  await using proxy = serveUpstream(upstream.url);
  const response = await fetch(proxy.url);
  assertEquals(upstream.open, 1);
  await response.body?.cancel();
  while (upstream.open > 0) await new Promise((turn) => setTimeout(turn, 5));
});

test("--upstream that leads back to itself gets 508", async () => {
  await using first = serveUpstream("http://127.0.0.1:1");
  const inner = createSite({ upstream: first.url });
  await using loop = serveUpstream(first.url);
  const seen: string[] = [];
  await using spy = await RawServer.start((socket, bytes) => {
    seen.push(latin1(bytes));
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  await using proxy = serveUpstream(spy.url);
  await (await fetch(proxy.url)).text();
  const [, via] = /^via: (.*)\r$/m.exec(seen[0]) ?? [];
  const response = await fetch(proxy.url, { headers: { via } });
  assertEquals(response.status, 508);
  assertStringIncludes((await response.json()).detail, "leads back to this site");
  assert(inner.proxy && loop.site.proxy);
});

test("--upstream fails, counts and limits as the site does, by flags and PUT /behaviour alone", async () => {
  await using upstream = serveSite();
  await using proxy = serveUpstream(upstream.url, { behaviour: { failFirst: 1 }, journal: 10 });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await raw(proxy.url, get("/7?failure_rate=0"))).text.slice(9, 12));
  assertEquals(statuses, ["503", "200", "200"]);
  assertEquals(upstream.stats.report().requests, 2);
  const control = (request: Request) =>
    proxy.site.app.fetch(request, {
      remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
      completed: Promise.resolve(),
    });
  const put = (body: object) =>
    control(new Request("http://x/behaviour", { method: "PUT", body: JSON.stringify(body) }));
  assertEquals((await put({ requests_per_second: 0.001 })).status, 200);
  const limited = [];
  for (let i = 0; i < 2; i++) limited.push((await raw(proxy.url, get("/8"))).text.slice(9, 12));
  assertEquals(limited, ["200", "429"]);
  const refused = await put({ numbytes: 5 });
  assertEquals([refused.status, (await refused.json()).detail[0].loc], [422, ["body", "numbytes"]]);
  const stats = await (await control(new Request("http://x/stats"))).json();
  assertEquals([stats.requests, stats.responses], [5, { 200: 3, 429: 1, 503: 1 }]);
  assertThrows(() => createSite({ upstream: upstream.url, behaviour: { bomb: 1 } }), RangeError, "bomb");
  for (const url of ["ftp://x", "http://x/y", "http://u:p@x", "http://x?", "x"]) {
    assertThrows(() => createSite({ upstream: url }), RangeError, "host");
  }
});

onSockets("--upstream breaks answers in every way", async () => {
  const body = "0123456789".repeat(10);
  const expected: Record<string, (text: string, end: string) => boolean> = {
    EMPTY_RESPONSE: (text, end) => text === "" && end === "closed",
    CONNECTION_RESET_BY_PEER: (text, end) => text === "" && end === "reset",
    MALFORMED_RESPONSE_CHUNK: (text) => /^HTTP\/1\.1 200 /.test(text) && bodyOf(text).length === 512,
    RANDOM_DATA_THEN_CLOSE: (text) => text.length === 512,
    STALL: (text, end) => /content-length: 100\r\n/.test(text) && bodyOf(text) === "" && end === "open",
    TRUNCATE: (text) => /content-length: 100\r\n/.test(text) && bodyOf(text) === body.slice(0, 50),
    BIT_FLIP: (text) => bodyOf(text).length === 100 && bodyOf(text) !== body,
    CONTENT_LENGTH_MISSING: (text) => !/content-length/.test(text) && bodyOf(text) === body,
    CONTENT_LENGTH_SHORT: (text) => /content-length: 50\r\n/.test(text) && bodyOf(text) === body,
    CONTENT_LENGTH_LONG: (text) => /content-length: 101\r\n/.test(text) && bodyOf(text) === body,
    CONTENT_LENGTH_TWICE: (text) =>
      /content-length: 100\r\n[^]*content-length: 101\r\n/.test(text) && bodyOf(text) === body,
    EXTRA_BYTES: (text) => bodyOf(text).startsWith(body) && bodyOf(text).length === 612,
    EXTRA_RESPONSE: (text) => bodyOf(text).startsWith(`${body}HTTP/1.1 200`),
  };
  const received: string[] = [];
  await using upstream = await answering(`HTTP/1.1 200 OK\r\nx-own: 1\r\ncontent-length: 100\r\n\r\n${body}`, received);
  for (const [fault, holds] of Object.entries(expected)) {
    await using proxy = serveUpstream(upstream.url, { behaviour: { fault: fault as "STALL" } });
    const isStall = fault === "STALL";
    const { text, end } = await raw(proxy.url, get("/5"), { until: (text) => isStall && text.endsWith("\r\n\r\n") });
    assert(holds(text, end), `${fault}: ${end} ${text}`);
    const stats = proxy.site.stats.report();
    assertEquals(stats.faults, { [fault]: 1 });
    if (isStall) await new Promise((turn) => setTimeout(turn));
  }
  assertEquals(received.length, 9);
});

test("--upstream slows bodies without holding them", async () => {
  const size = 300_000;
  await using upstream = await answering(
    `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${"x".repeat(size)}`,
  );
  for (const behaviour of [{ rate: 1_000_000 }, { duration: 100 }, { connectionRate: 1_000_000 }]) {
    await using proxy = serveUpstream(upstream.url, { behaviour });
    const response = await fetch(proxy.url);
    let pieces = 0;
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      pieces++;
      bytes += piece.length;
    }
    assertEquals(bytes, size);
    assert(pieces > 3);
  }
});
