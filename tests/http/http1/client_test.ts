/** Connections of our own, against servers that send every byte themselves. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ONE_GO_BYTES } from "../../../constants.ts";
import type { FailureKind } from "../../../lib/core/outcome.ts";
import { Client } from "../../../lib/http/client.ts";
import { MAX_IDLE_CONNECTIONS } from "../../../lib/http/connection_slots.ts";
import { Http1Error } from "../../../lib/http/http1/error.ts";
import { certificate } from "../../helpers/certificate.ts";
import { CountingServer } from "../../helpers/counting_server.ts";
import { testNeeding, testOverIpv6 } from "../../helpers/needs.ts";
import { each, OK, OwnClient, WAYS } from "../../helpers/own_client.ts";
import { type AnswerBytes, RawServer } from "../../helpers/raw_server.ts";

const test = await testNeeding("net");
const testWithOpenssl = await testNeeding("net", "read", "write", "run");

const hello = each((socket) => socket.write(`${OK}content-length: 5\r\n\r\nhello`));

const read = WAYS["as it comes"];

/** What a request is on the wire, by its lines; `host` is the server's. */
async function sent(url: (origin: string) => string, headers: HeadersInit): Promise<{ host: string; lines: string[] }> {
  let request = "";
  await using server = await RawServer.start(each((socket, text) => {
    request = text;
    socket.write(`${OK}content-length: 0\r\n\r\n`);
  }));
  using client = new OwnClient();
  await (await client.fetch(url(server.url), headers)).bytes();
  return { host: new URL(server.url).host, lines: request.split("\r\n") };
}

test("Http1Client sends a request that any server understands", async () => {
  const headers = { "User-Agent": "me/1.0", "x-name": "\xe9", "transfer-encoding": "chunked" };
  const { host, lines: [line, ...lines] } = await sent(
    (origin) => `${origin.replace("//", "//user:pass@")}/a b/é?c=d e#f`,
    headers,
  );
  assertEquals(line, "GET /a%20b/%C3%A9?c=d%20e HTTP/1.1");
  assertEquals(lines, [
    `host: ${host}`,
    "accept: */*",
    "accept-encoding: gzip, br",
    "user-agent: me/1.0",
    "x-name: \xe9",
    "",
    "",
  ]);
});

test("Http1Client sends another host and another accept if it is told to", async () => {
  const { lines } = await sent((origin) => origin, { host: "example.org", accept: "text/plain", range: "bytes=5-" });
  // RFC 9110 §7.2 wants the host first
  assertEquals(lines.slice(1, 5), [
    "host: example.org",
    "accept: text/plain",
    "accept-encoding: identity",
    "range: bytes=5-",
  ]);
});

test("Http1Client refuses what is no URL, or can't be a header", async () => {
  using client = new OwnClient();
  await assertRejects(() => client.fetch("no url"), TypeError);
  await assertRejects(() => client.fetch("http://127.0.0.1/", { a: "b\r\nc: d" }), TypeError);
});

test("Http1Client gives status, headers and where it came from", async () => {
  await using server = await RawServer.start(each((socket) => {
    socket.write("HTTP/1.1 404 Not here\r\ncontent-length: 2\r\nX-Why: because\r\n\r\nno");
  }));
  using client = new OwnClient();
  const response = await client.fetch(`${server.url}/a`);
  const { status, statusText, ok, url, headers } = response;
  assertEquals([status, statusText, ok, url, headers.get("x-why")], [
    404,
    "Not here",
    false,
    `${server.url}/a`,
    "because",
  ]);
  assertEquals(await response.text(), "no");
});

const bodies: [name: string, parts: string[], body: string][] = [
  ["of known length", [`${OK}content-length: 5\r\n\r\nhello`], "hello"],
  ["in many packets", [...`${OK}content-length: 5\r\n\r\nhello`], "hello"],
  ["after its head", [`${OK}content-length: 5\r\n\r\n`, "hello"], "hello"],
  ["that is empty", [`${OK}content-length: 0\r\n\r\n`], ""],
  ["in chunks", [`${OK}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`], "hello"],
  ["in chunks of a byte", [...`${OK}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`], "hello"],
  [
    "in chunks with extensions and trailers",
    [`${OK}transfer-encoding: chunked\r\n\r\n00A ;x=y\r\n0123456789\r\n0;z\r\nTrailer: a\r\nb: c\r\n\r\n`],
    "0123456789",
  ],
  ["in no chunks", [`${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`], ""],
  ["with chunks that count, and a length that doesn't", [
    `${OK}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ], "hello"],
  ["after interim responses", [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
    `${OK}content-length: 5\r\n\r\nhello`,
  ], "hello"],
  ["that a 204 doesn't have", ["HTTP/1.1 204 No Content\r\n\r\n"], ""],
  ["larger than what is kept", [`${OK}content-length: 100000\r\n\r\n`, "x".repeat(100_000)], "x".repeat(100_000)],
  ["in a large chunk", [
    `${OK}transfer-encoding: chunked\r\n\r\n186a0\r\n${"x".repeat(100_000)}\r\n`,
    "0\r\n\r\n",
  ], "x".repeat(100_000)],
];
for (const [name, parts, body] of bodies) {
  test(`Http1Client reads a body ${name}, and uses its connection again`, async () => {
    await using server = await RawServer.start(each(async (socket) => {
      for (const part of parts) {
        socket.write(part);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }));
    using client = new OwnClient();
    assertEquals(await (await client.fetch(server.url)).text(), body);
    assertEquals(await read(await client.fetch(server.url)), body);
    const whole = await client.fetch(server.url);
    assertEquals(await whole.lend?.((bytes) => Promise.resolve(new TextDecoder().decode(bytes))), body);
    await client.fetch(server.url).then((response) => response.bytes());
    assertEquals(server.connections, 1);
  });
}

const closing: [name: string, head: string][] = [
  ["that ends with the connection", OK],
  ["of a server that says it closes", `${OK}content-length: 5\r\nconnection: close\r\n\r\n`],
  ["over HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n"],
];
for (const [name, head] of closing) {
  test(`Http1Client reads a body ${name}, and takes another connection for the next`, async () => {
    await using server = await RawServer.start((socket) =>
      socket.end(head.endsWith("\n\r\n") ? `${head}hello` : `${head}\r\nhello`)
    );
    using client = new OwnClient();
    assertEquals(await (await client.fetch(server.url)).text(), "hello");
    assertEquals(await read(await client.fetch(server.url)), "hello");
    const lent = await client.fetch(server.url);
    assertEquals(await lent.lend?.((bytes) => Promise.resolve(bytes.length)), 5);
    assertEquals(server.connections, 3);
  });
}

test("Http1Client gives up on interim responses without end", async () => {
  const some = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100);
  await using server = await RawServer.start((socket) => {
    const sendMore = () => socket.destroyed || socket.write(some, sendMore);
    sendMore();
  });
  using client = new OwnClient();
  const { message } = await assertRejects(() => client.fetch(server.url), Http1Error);
  assertMatch(message, /interim responses/);
});

test("Http1Client takes another connection when more came than was announced, or less was read", async () => {
  await using server = await RawServer.start(each((socket, request) => {
    const more = request.startsWith("GET /more") ? `${OK}content-length: 6\r\n\r\nforged` : "";
    socket.write(`${OK}content-length: 5\r\n\r\nhello${more}`);
  }));
  using client = new OwnClient();
  assertEquals(await (await client.fetch(`${server.url}/more`)).text(), "hello");
  await (await client.fetch(server.url)).body?.cancel();
  assertEquals(await (await client.fetch(server.url)).text(), "hello");
  assertEquals(server.connections, 3);
});

test("Http1Client has a connection for each request in flight, and keeps them for further ones", async () => {
  await using server = new CountingServer({ holdUntil: 5 });
  using client = new OwnClient();
  const pages = () => Promise.all([0, 1, 2, 3, 4].map(async (n) => (await client.fetch(`${server.url}/${n}`)).text()));
  assertEquals(await pages(), ["0", "1", "2", "3", "4"]);
  assertEquals(await pages(), ["0", "1", "2", "3", "4"]);
  assertEquals([server.peak, server.connections.size], [5, 5]);
});

test("Http1Client asks once more when a server has closed a connection meanwhile", async () => {
  await using server = await RawServer.start((socket) => {
    socket.write(`${OK}content-length: 5\r\n\r\nhello`);
    setTimeout(() => socket.end(), 5);
  });
  using client = new OwnClient();
  for (let n = 1; n <= 3; n++) {
    assertEquals(await (await client.fetch(server.url)).text(), "hello");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(server.connections, 3);
});

test("Http1Client asks no more than once more when a server closes whatever it is asked", async () => {
  let requests = 0;
  await using server = await RawServer.start(each((socket) => {
    requests++;
    if (requests <= 2) socket.write(`${OK}content-length: 5\r\n\r\nhello`);
    else socket.end();
  }));
  using client = new OwnClient();
  const [a, b] = await Promise.all([client.fetch(server.url), client.fetch(server.url)]);
  await Promise.all([a.text(), b.text()]);
  const error = await assertRejects(() => client.fetch(server.url), Http1Error);
  assertEquals([error.kind, requests], ["closed", 4]);
});

test("Http1Client doesn't ask once more for what came and wasn't HTTP", async () => {
  await using server = await RawServer.start(each((socket, _request, nth) => {
    socket.write(nth === 1 ? `${OK}content-length: 5\r\n\r\nhello` : "lorem ipsum\r\n\r\n");
  }));
  using client = new OwnClient();
  await (await client.fetch(server.url)).bytes();
  const { kind } = await assertRejects(() => client.fetch(server.url), Http1Error);
  assertEquals([kind, server.connections], ["protocol", 1]);
});

const broken: [name: string, answer: AnswerBytes, kind: FailureKind, message: RegExp][] = [
  ["closes without a word", (socket) => socket.end(), "closed", /^connection closed before the response$/],
  ["closes in the middle of a head", (socket) => socket.end("HTTP/1.1 200"), "closed", /before the response/],
  [
    "closes in the middle of a body of known length",
    (socket) => socket.end(`${OK}content-length: 10\r\n\r\nab`),
    "truncated",
    /^connection closed with 8 of 10 bytes of the body to come$/,
  ],
  [
    "closes in the middle of a chunk",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n5\r\nab`),
    "truncated",
    /the last chunk/,
  ],
  [
    "closes between two chunks",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`),
    "truncated",
    /middle of the body/,
  ],
  [
    "closes before the trailers",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n`),
    "truncated",
    /middle of the body/,
  ],
  [
    "sends a chunk without a size",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\nab`),
    "protocol",
    /"zz" is no size of a chunk/,
  ],
  [
    "sends a chunk that is longer than it says",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`),
    "protocol",
    /longer than it says/,
  ],
  [
    "sends a byte order mark before the size of a chunk",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n\ufeff2\r\nab\r\n0\r\n\r\n`),
    "protocol",
    /is no size of a chunk/,
  ],
  [
    "sends a chunk of more bytes than numbers go",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n20000000000000\r\nab\r\n0\r\n\r\n`),
    "protocol",
    /"20000000000000" is no size of a chunk/,
  ],
  [
    "sends a chunk with a sign",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n`),
    "protocol",
    /"\+2" is no size of a chunk/,
  ],
  [
    "ends the size of a chunk with LF alone",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n`),
    "protocol",
    /ends with CRLF/,
  ],
  [
    "ends a chunk with LF alone",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\n0\r\n\r\n`),
    "protocol",
    /ends with CRLF/,
  ],
  [
    "hides a CR beside a chunk",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2;a\rb\r\nab\r\n0\r\n\r\n`),
    "protocol",
    /ends with CRLF/,
  ],
  [
    "sends a trailer that is none",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n`),
    "protocol",
    /is no trailer/,
  ],
  [
    "never ends a line between chunks",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2;${"x".repeat(50_000)}`),
    "protocol",
    /a line of more than/,
  ],
  [
    "sends trailers without end",
    (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(1_000)}`),
    "protocol",
    /trailers/,
  ],
  [
    "talks garbage",
    (socket) => socket.end("lorem ipsum dolor\r\n\r\n"),
    "protocol",
    /not an HTTP\/1.1 response: "lorem/,
  ],
  [
    "sends a head without an end",
    (socket) => socket.end(`${OK}x: ${"a".repeat(600_000)}`),
    "protocol",
    /a head of more/,
  ],
  ["sends a header that is none", (socket) => socket.end(`${OK}no colon here\r\n\r\n`), "protocol", /"no colon here/],
  ["switches protocols", (socket) => socket.end("HTTP/1.1 101 Switching\r\n\r\n"), "protocol", /switched protocols/],
];
for (const [name, answer, kind, message] of broken) {
  for (const way of ["in one go", "as it comes", "lent"] as const) {
    test(`Http1Client calls it ${kind} when a server ${name}, read ${way}`, async () => {
      await using server = await RawServer.start(answer);
      using client = new OwnClient();
      const error = await assertRejects(async () => {
        const response = await client.fetch(server.url);
        if (way === "lent") await response.lend?.(() => Promise.resolve());
        else await (way === "in one go" ? response.bytes() : read(response));
      }, Http1Error);
      assertEquals(error.kind, kind);
      assertMatch(error.message, message);
    });
  }
}

test("Http1Client throws what Deno says when nobody listens, or the connection is reset", async () => {
  using client = new OwnClient();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(() => client.fetch(`http://127.0.0.1:${port}/`), Deno.errors.ConnectionRefused);
  await using server = await RawServer.start((socket) => socket.resetAndDestroy());
  await assertRejects(() => client.fetch(server.url), Deno.errors.ConnectionReset);
});

test("Http1Client throws the signal's reason, whenever it is aborted", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await RawServer.start(() => asked.resolve());
  using client = new OwnClient();
  const reason = new Error("late");
  const before = AbortSignal.abort(reason);
  assertEquals(await assertRejects(() => client.fetch(server.url, {}, before)), reason);
  const waiting = new AbortController();
  const head = assertRejects(() => client.fetch(server.url, {}, waiting.signal));
  await asked.promise;
  waiting.abort(reason);
  assertEquals(await head, reason);
});

test("Http1Client ends the reading of a body when its signal is aborted", async () => {
  await using server = await RawServer.start((socket) => socket.write(`${OK}content-length: 10\r\n\r\nab`));
  using client = new OwnClient();
  const aborter = new AbortController();
  const response = await client.fetch(server.url, {}, aborter.signal);
  const reading = assertRejects(() => response.bytes());
  aborter.abort();
  await reading;
});

for (const headers of [{}, { "accept-encoding": "gzip" }, { range: "bytes=0-" }] as Record<string, string>[]) {
  test(`Http1Client leaves what is packed as it is sent, asked with ${Object.keys(headers)[0] ?? "nothing"}`, async () => {
    const body = await new Response(new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
    await using server = await RawServer.start(each((socket) => {
      socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`);
      socket.write(body);
    }));
    using client = new OwnClient();
    assertEquals(await (await client.fetch(server.url, headers)).bytes(), body);
  });
}

test("Http1Client lends a body from the connection's memory, which no other request gets meanwhile", async () => {
  const size = ONE_GO_BYTES;
  let fill = 0;
  await using server = await RawServer.start(each((socket) => {
    socket.write(`${OK}content-length: ${size}\r\n\r\n${String(fill++).repeat(size)}`);
  }));
  using client = new OwnClient();
  const first = await client.fetch(server.url);
  await first.lend?.(async (body) => {
    await (await client.fetch(server.url)).bytes();
    assertEquals(new TextDecoder().decode(body), "0".repeat(size));
  });
  const third = await client.fetch(server.url);
  await assertRejects(() => third.lend?.(() => Promise.reject(new Error("full"))) ?? Promise.resolve(), Error, "full");
  assertEquals(await (await client.fetch(server.url)).text(), "3".repeat(size));
  assertEquals(server.connections, 2);
});

test("Http1Client closes what it keeps when it is closed, and keeps nothing then", async () => {
  const ended: Promise<void>[] = [];
  await using server = await RawServer.start((socket, received) => {
    ended.push(new Promise((resolve) => socket.on("end", resolve)));
    hello(socket, received);
  });
  const client = new Client({ http: 1 });
  const get = () => client.send(server.url, { headers: {}, signal: new AbortController().signal, redirect: "manual" });
  const [early, late] = await Promise.all([get(), get()]);
  await early.bytes();
  client[Symbol.dispose]();
  await late.bytes();
  await Promise.all(ended);
  assertEquals(ended.length, 2);
});

test("Http1Client keeps so many connections that have nothing to do, the latest ones", async () => {
  const servers = await Promise.all(Array.from({ length: 3 }, () => RawServer.start(hello)));
  try {
    using client = new OwnClient();
    const [first, second, third] = servers;
    const get = async (server: RawServer) => await (await client.fetch(server.url)).bytes();
    await get(first);
    await Promise.all(Array.from({ length: MAX_IDLE_CONNECTIONS }, () => get(second)));
    await get(first);
    await get(third);
    assertEquals([first.connections, third.connections], [2, 1]);
    await get(second);
    assertEquals(second.connections, MAX_IDLE_CONNECTIONS);
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
});

testOverIpv6(test)("Http1Client finds a server at an IPv6 address", async () => {
  const server = Deno.serve({ port: 0, hostname: "::1", onListen() {} }, (request) => {
    return new Response(request.headers.get("host"));
  });
  {
    using client = new OwnClient();
    const host = `[::1]:${server.addr.port}`;
    assertEquals(await (await client.fetch(`http://${host}`)).text(), host);
  }
  await server.shutdown();
});

test("Http1Client finds a server by name", async () => {
  await using server = await RawServer.start(hello);
  using client = new OwnClient();
  assertEquals(await (await client.fetch(server.url.replace("127.0.0.1", "localhost"))).text(), "hello");
});

testWithOpenssl("Http1Client speaks TLS, to whom it trusts", async (t) => {
  const pair = await certificate();
  if (!pair) return void await t.step({ name: "left out: needs openssl", ignore: true, fn() {} });
  const options = { ...pair, port: 0, hostname: "127.0.0.1", onListen() {} };
  const server = Deno.serve(options, () => new Response("x".repeat(100_000)));
  const url = `https://127.0.0.1:${server.addr.port}/`;
  {
    using client = new OwnClient({ caCerts: [pair.cert] });
    for (let n = 0; n < 2; n++) assertEquals((await (await client.fetch(url)).bytes()).length, 100_000);
    assertEquals((await read(await client.fetch(url))).length, 100_000);
    using stranger = new OwnClient();
    await assertRejects(() => stranger.fetch(url), Error, "certificate");
    const before = AbortSignal.abort(new Error("late"));
    await assertRejects(() => client.fetch(url.replace("127.0.0.1", "localhost"), {}, before), Error, "late");
  }
  await server.shutdown();
});

test("Http1Client ends a TLS handshake that is never answered when its signal is aborted", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await RawServer.start(() => asked.resolve());
  using client = new OwnClient();
  const aborter = new AbortController();
  const never = assertRejects(() => client.fetch(server.url.replace("http", "https"), {}, aborter.signal));
  await asked.promise;
  aborter.abort();
  await never;
});
