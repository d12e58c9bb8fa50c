/** Errors are real: each comes from `fetch` against a server that does what the test's name says. */

import { assertEquals } from "@std/assert";
import { describeError, isTransient, isUnreachable, meaningOf } from "../../lib/engine/failure.ts";
import type { Failed, FailureKind } from "../../lib/core/outcome.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type AnswerBytes, RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

/** What comes of a request, body included. */
async function problemOf(url: string, init?: RequestInit & { client?: Deno.HttpClient }) {
  try {
    await (await fetch(url, init)).text();
  } catch (error) {
    return describeError(error);
  }
}

const HEAD = "HTTP/1.1 200 OK\r\n";

const broken: [name: string, answer: AnswerBytes, kind: FailureKind, message: string][] = [
  ["closes without a word", (socket) => socket.end(), "closed", "connection closed before message completed"],
  ["resets", (socket) => socket.resetAndDestroy(), "reset", "Connection reset by peer (os error 104)"],
  [
    "closes in the middle of a body of known length",
    (socket) => socket.end(`${HEAD}content-length: 10\r\n\r\nab`),
    "truncated",
    "error reading a body from connection",
  ],
  [
    "closes in the middle of a chunk",
    (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nab`),
    "truncated",
    "error reading a body from connection",
  ],
  [
    "closes between two chunks",
    (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`),
    "truncated",
    "error reading a body from connection",
  ],
  [
    "sends a malformed chunk",
    (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\nab`),
    "truncated",
    "error reading a body from connection",
  ],
  [
    "cuts a gzipped body short",
    (socket) => socket.end(`${HEAD}content-encoding: gzip\r\ncontent-length: 5\r\n\r\n\x1f\x8b\x08\0\0`),
    "truncated",
    "unexpected end of file",
  ],
  ["talks garbage", (socket) => socket.end("lorem ipsum dolor\r\n\r\n"), "protocol", "invalid HTTP version parsed"],
  [
    "sends a head without an end",
    (socket) => socket.end(`${HEAD}x: ${"a".repeat(600_000)}\r\n\r\n`),
    "protocol",
    "message head is too large",
  ],
  [
    "sends a header that is none",
    (socket) => socket.end(`${HEAD}no colon here\r\n\r\n`),
    "protocol",
    "invalid HTTP header parsed",
  ],
  [
    "redirects to itself",
    (socket) => socket.end("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
    "redirect",
    "Fetch failed: Maximum number of redirects (20) reached",
  ],
  [
    "redirects to what isn't the web",
    (socket) => socket.end("HTTP/1.1 302 Found\r\nlocation: ftp://a/\r\ncontent-length: 0\r\n\r\n"),
    "redirect",
    "Fetch failed: Can not redirect to a non HTTP(s) url",
  ],
];
for (const [name, answer, kind, message] of broken) {
  test(`describeError() calls it ${kind} when a server ${name}`, async () => {
    await using server = await RawServer.start(answer);
    assertEquals(await problemOf(server.url), { kind, message });
  });
}

test("describeError() calls it refused when nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await problemOf(`http://127.0.0.1:${port}/`), {
    kind: "refused",
    message: "tcp connect error: Connection refused (os error 111)",
  });
});

test("describeError() isn't misled by the words of a URL", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(
    (await problemOf(`http://127.0.0.1:${port}/dns-error/certificate/handshake?redirect=1`))?.kind,
    "refused",
  );
  await using server = await RawServer.start((socket) => socket.end());
  assertEquals((await problemOf(`${server.url}/certificate/connection-reset`))?.kind, "closed");
});

test("describeError() calls it tls when the port is a plain one", async () => {
  await using server = new CountingServer();
  assertEquals(await problemOf(server.url.replace("http:", "https:")), {
    kind: "tls",
    message: "received corrupt message of type InvalidContentType",
  });
});

for (
  const [name, answer, kind] of [
    ["speaks only HTTP/1.1", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol"],
    ["closes without a word", (socket) => socket.end(), "reset"],
    ["resets", (socket) => socket.resetAndDestroy(), "reset"],
  ] satisfies [string, AnswerBytes, FailureKind][]
) {
  test(`describeError() calls it ${kind} when a server asked over HTTP/2 ${name}`, async () => {
    await using server = await RawServer.start(answer);
    using client = Deno.createHttpClient({ http1: false, http2: true });
    assertEquals((await problemOf(server.url, { client }))?.kind, kind);
  });
}

test("describeError() calls it truncated when an HTTP/2 stream is reset in the middle of a body", async () => {
  const cut = Promise.withResolvers<void>();
  await using server = new CountingServer({
    answer() {
      let chunks = 0;
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
        if (++chunks === 1) return controller.enqueue(new Uint8Array(5));
        await cut.promise;
        controller.close();
      };
      return new Response(new ReadableStream({ pull }), { headers: { "content-length": "10" } });
    },
  });
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const response = await fetch(server.url, { client });
  cut.resolve();
  assertEquals(await response.text().then(() => undefined, describeError), {
    kind: "truncated",
    message: "error reading a body from connection",
  });
});

for (
  const [url, message] of [
    ["nope", "Invalid URL: 'nope'"],
    ["http://127.0.0.1:99999/", "Invalid URL: 'http://127.0.0.1:99999/'"],
    ["http://127.0.0.1:1/", "Fetch failed: Requests to port 1 are blocked"],
    ["gopher://127.0.0.1/", "Url scheme 'gopher' not supported"],
    ["os error 24", "Invalid URL: 'os error 24'"],
  ]
) {
  test(`describeError() calls it invalid-url when asked for ${url}`, async () => {
    assertEquals(await problemOf(url), { kind: "invalid-url", message });
  });
}

test("describeError() calls it dns when there is no such name", async () => {
  assertEquals((await problemOf("http://nothing.invalid/"))?.kind, "dns"); // never exists: RFC 6761 section 6.4
});

// Texts of errors that a test can't bring about on every machine, as Deno 2.9 words them.
for (
  const [text, kind] of [
    ["client error (Connect): dns error: failed to lookup address information: Name or service not known", "dns"],
    ["tcp connect error: Too many open files (os error 24)", "too-many-open-files"],
    ["invalid peer certificate: UnknownIssuer", "tls"],
    ["tcp connect error: Connection timed out (os error 110)", "connect-timeout"],
    ["tcp connect error: No route to host (os error 113)", "refused"],
    // By their numbers, since Windows says the words in the language of its user
    ["tcp connect error: Connection refused (os error 61)", "refused"],
    ["tcp connect error: Verbindung verweigert (os error 10061)", "refused"],
    ["tcp connect error: Netz nicht erreichbar (os error 10051)", "refused"],
    ["tcp connect error: Host nicht erreichbar (os error 10065)", "refused"],
    ["connection error: Verbindung geschlossen (os error 10054)", "reset"],
    ["connection error: Verbindung abgebrochen (os error 10053)", "reset"],
    ["tcp connect error: Operation timed out (os error 60)", "connect-timeout"],
    ["tcp connect error: keine Antwort (os error 10060)", "connect-timeout"],
    ["tcp connect error: Too many open files in system (os error 23)", "too-many-open-files"],
    ["tcp connect error: zu viele Sockets (os error 10024)", "too-many-open-files"],
    ["tcp connect error: Can't assign requested address (os error 49)", "no-free-port"],
    ["tcp connect error: kein Pufferspeicher (os error 10055)", "no-free-port"],
    ["tcp connect error: Cannot assign requested address (os error 99)", "no-free-port"],
    ["http2 error: stream error received: refused stream before processing any application logic", "protocol"],
    ["connection error received: detected excessive load generating behavior", "protocol"],
    ["stream error received: unexpected internal error encountered", "protocol"],
    ["received unexpected message from connection", "protocol"],
    ["client error (Canceled): request was canceled", "closed"],
    ["dispatch task is gone: runtime dropped the dispatch task", "closed"],
    ["client error (Connect): unsuccessful tunnel", "tunnel"],
    ["client error (Connect): unexpected eof while tunneling", "tunnel"],
    ["client error (Connect): proxy authentication required", "proxy-auth"],
    ["client error (Connect): No acceptable auth methods", "proxy-auth"],
    ["error sending request for url (http://a/): client error (Connect): Proxy server unreachable", "refused"],
    ["error sending request for url (http://a/): client error (Connect): General SOCKS server failure", "tunnel"],
    ["error sending request for url (http://a/): client error (Connect): Host unreachable", "tunnel"],
    ["error sending request for url (http://a/): client error (Connect): Network unreachable", "tunnel"],
    ["error sending request for url (http://a/): client error (Connect): TTL expired", "tunnel"],
    ["error sending request for url (http://a/): client error (Connect): Connection refused", "refused"],
    ["error sending request for url (http://a/): client error (Connect): Connection not allowed by ruleset", "other"],
    ["error sending request for url (http://a/unsuccessful tunnel): client error (Connect): dns error: no", "dns"],
    ["something new", "other"],
  ] satisfies [string, FailureKind][]
) {
  Deno.test(`describeError() reads "${text}" as ${kind}`, () => {
    assertEquals(describeError(new TypeError("fetch failed", { cause: new Error(text) })).kind, kind);
  });
}

Deno.test("describeError() takes what isn't an error at its word", () => {
  assertEquals([describeError("gone").message, describeError(undefined)], [
    "gone",
    { kind: "other", message: "undefined" },
  ]);
});

Deno.test("describeError() names an error that says nothing", () => {
  assertEquals(describeError(new RangeError("")), { kind: "other", message: "RangeError" });
});

Deno.test("describeError() doesn't follow causes in a circle", () => {
  const error = new Error("a circle");
  error.cause = error;
  assertEquals(describeError(error), { kind: "other", message: "a circle" });
});

Deno.test("describeError() says it in one line", () => {
  assertEquals(describeError(new Error("one\r\ntwo\n  three")).message, "one two three");
});

const failed = (kind: FailureKind, status?: number): Failed => ({
  ...{ id: 0, url: "/", attempts: 1, startedAt: 0, totalMs: 0, bytes: 0 },
  ...{ result: "failed", kind, status, message: kind },
});

for (const status of [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530]) {
  Deno.test(`isTransient() says that status ${status} may pass`, () =>
    assertEquals(isTransient(failed("status", status)), true));
}
for (const status of [204, 301, 400, 401, 403, 404, 405, 410, 416, 422, 501, 505, 519, 525, 526, undefined]) {
  Deno.test(`isTransient() says that status ${status} won't pass`, () =>
    assertEquals(isTransient(failed("status", status)), false));
}

Deno.test("isTransient() says that a status may pass that was named, and none does when that was asked for", () => {
  assertEquals([403, 404, 503].map((status) => isTransient(failed("status", status), [403])), [true, false, true]);
  assertEquals([403, 429, 503].map((status) => isTransient(failed("status", status), "none")), [false, false, false]);
  assertEquals(isTransient(failed("reset"), "none"), true, "that is about statuses only");
});

Deno.test("meaningOf() tells a host that is overloaded from one behind a gateway that doesn't answer, and from others", () => {
  const meanings = [429, 503, 502, 504, 522, 500, 404].map((status) => meaningOf(failed("status", status)));
  assertEquals(meanings, ["overload", "overload", "gateway", "gateway", "gateway", undefined, undefined]);
  assertEquals([meaningOf(undefined), meaningOf({ ...failed("truncated"), status: 503 })], [undefined, undefined]);
});

Deno.test("isUnreachable() takes no answer for an unreachable host, and any answer for a reachable one", () => {
  const kinds: FailureKind[] = ["refused", "reset", "closed", "connect-timeout", "timeout", "tunnel", "dns"];
  for (const kind of kinds) {
    assertEquals([isUnreachable(failed(kind)), isUnreachable(failed(kind, 200))], [true, false], kind);
  }
  for (const kind of ["tls", "protocol", "too-many-open-files", "proxy-auth", "aborted"] as const) {
    assertEquals(isUnreachable(failed(kind)), false, kind);
  }
});

Deno.test("isUnreachable() takes a stream that its server has reset for an answer of a reachable host", () => {
  const message = "the server reset the stream: INTERNAL_ERROR";
  assertEquals(isUnreachable({ ...failed("reset"), message }), false);
});

const TRANSIENT = [
  ...["refused", "reset", "closed", "truncated", "connect-timeout", "idle-timeout", "timeout", "protocol"],
  ...["too-many-open-files", "no-free-port", "worker-died", "tunnel"],
] as FailureKind[];
for (const kind of TRANSIENT) {
  Deno.test(`isTransient() says that ${kind} may pass`, () => assertEquals(isTransient(failed(kind)), true));
}
const LASTING = [
  ...["dns", "tls", "redirect", "unexpected-value", "checksum", "too-large", "unsupported-encoding", "write"],
  ...["invalid-url", "circuit-open", "aborted", "proxy-auth", "other"],
] as FailureKind[];
for (const kind of LASTING) {
  Deno.test(`isTransient() says that ${kind} won't pass`, () => assertEquals(isTransient(failed(kind)), false));
}
