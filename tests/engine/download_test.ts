import { assert, assertEquals } from "@std/assert";
import { MAX_PAGE_BYTES } from "../../lib/engine/read_page.ts";
import type { Download, Job } from "../../lib/core/download.ts";
import { downloadOnce } from "../../lib/engine/download.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { Session } from "../../lib/engine/session.ts";
import { settle, type StrategyOptions } from "../../lib/core/settings.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

/** Makes one attempt. */
async function attempt(download: string | Download, options: StrategyOptions & { attempt?: number } = {}) {
  const { signal = new AbortController().signal, attempt = 1 } = options;
  using session = new Session(settle(options, { concurrency: 1 }), signal);
  const job: Job = { id: 7, attempt, ...typeof download === "string" ? { url: download } : download };
  return await downloadOnce(job, session);
}

/** What is worth comparing: times are not. */
const facts = ({ startedAt: _, totalMs: __, firstByteMs: ___, ...rest }: Outcome) => rest;

test("downloadOnce() reads a body and says how it went", async () => {
  await using server = new CountingServer({ answer: () => new Response("hello") });
  const before = Date.now();
  const outcome = await attempt(`${server.url}/x`);
  const url = `${server.url}/x`;
  assertEquals(facts(outcome), { result: "done", id: 7, url, attempts: 1, status: 200, bytes: 5 });
  const { startedAt, firstByteMs = NaN, totalMs } = outcome;
  assert(startedAt >= before - 5 && startedAt <= Date.now() + 5, "the start is a time of the wall clock");
  assert(firstByteMs > 0 && totalMs >= firstByteMs);
});

test("downloadOnce() takes the number that is expected", async () => {
  await using server = new CountingServer();
  const outcome = await attempt({ url: `${server.url}/42`, expected: 42 });
  assert(outcome.result === "done");
  assertEquals([outcome.value, outcome.bytes], [42, 2]);
});

test("downloadOnce() takes a number with space around it, as curl and people write it", async () => {
  await using server = new CountingServer({ answer: () => new Response(" 5\r\n") });
  assertEquals((await attempt({ url: server.url, expected: 5 })).result, "done");
});

for (const coding of ["gzip", "chunked, gzip", "x", ""]) {
  test(`downloadOnce() doesn't take a body with the transfer coding ${JSON.stringify(coding)} for what it is sent as`, async () => {
    await using server = await RawServer.start((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: ${coding}\r\n\r\npacked`);
    });
    const outcome = await attempt(server.url);
    assert(outcome.result === "failed", `${outcome.result} with ${outcome.bytes} bytes`);
    assertEquals(outcome.kind, "protocol");
  });
}

for (const head of ["content-length: 7", "transfer-encoding: chunked", "content-encoding: gzip", "content-length: 0"]) {
  test(`downloadOnce() takes a 205 with ${head} for empty only if it is`, async () => {
    await using server = await RawServer.start((socket) => socket.end(`HTTP/1.1 205\r\n${head}\r\n\r\n`));
    const outcome = await attempt(server.url);
    assertEquals([outcome.result, outcome.status], [head === "content-length: 0" ? "done" : "failed", 205]);
    if (outcome.result === "failed") assertEquals(outcome.kind, "protocol");
  });
}

const wrong: [body: string, message: string][] = [
  ["43", 'the page says "43", not 42'],
  ["", 'the page says "", not 42'],
  ["42.0", 'the page says "42.0", not 42'],
  ["042", 'the page says "042", not 42'],
  ["4 2", 'the page says "4 2", not 42'],
  ["\u001b[2J42", 'the page says "\\u001b[2J42", not 42'],
  ["42\n".repeat(30), `the page says ${JSON.stringify("42\n".repeat(30).slice(0, 40))}, not 42`],
];
for (const [body, message] of wrong) {
  test(`downloadOnce() doesn't take ${JSON.stringify(body.slice(0, 12))} for 42`, async () => {
    await using server = new CountingServer({ answer: () => new Response(body) });
    const outcome = await attempt({ url: server.url, expected: 42 });
    assert(outcome.result === "failed");
    assertEquals([outcome.kind, outcome.message, outcome.bytes], ["unexpected-value", message, body.length]);
  });
}

test("downloadOnce() counts bytes, not characters, of an unexpected page", async () => {
  await using server = new CountingServer({ answer: () => new Response("zwölf") });
  assertEquals((await attempt({ url: server.url, expected: 12 })).bytes, 6);
});

/** A body without end, and how many bytes of it were asked for. */
function endless() {
  const sent = { bytes: 0 };
  const body = () =>
    new ReadableStream({
      pull(controller) {
        sent.bytes += 16_384;
        controller.enqueue(new Uint8Array(16_384));
      },
    });
  return { sent, body };
}

test("downloadOnce() doesn't read an endless page to see that it isn't a number", async () => {
  const { body } = endless();
  await using server = new CountingServer({ answer: () => new Response(body()) });
  const outcome = await attempt({ url: server.url, expected: 42 });
  assert(outcome.result === "failed");
  assertEquals(outcome.kind, "unexpected-value");
  assert(outcome.bytes > MAX_PAGE_BYTES && outcome.bytes < 1e6, `${outcome.bytes} bytes read`);
});

test("downloadOnce() doesn't unpack a large page to see that it isn't a number", async () => {
  const packed = new Response(new Blob([new Uint8Array(500_000)]).stream().pipeThrough(new CompressionStream("gzip")));
  const bytes = await packed.bytes();
  assert(bytes.length <= MAX_PAGE_BYTES, "its Content-Length alone looks harmless");
  await using server = await RawServer.start((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bytes.length}\r\n\r\n`);
    socket.end(bytes);
  });
  const outcome = await attempt({ url: server.url, expected: 42 });
  assert(outcome.result === "failed");
  assertEquals(outcome.kind, "unexpected-value");
  assert(outcome.bytes < 200_000, `${outcome.bytes} bytes unpacked`);
});

test("downloadOnce() counts the bytes of a large body without keeping it", async () => {
  await using server = new CountingServer({ answer: () => new Response(new Uint8Array(3_000_000)) });
  assertEquals((await attempt(server.url)).bytes, 3_000_000);
});

for (const status of [204, 304]) {
  test(`downloadOnce() copes with status ${status}, which has no body`, async () => {
    await using server = new CountingServer({ answer: () => new Response(null, { status }) });
    const outcome = await attempt(server.url);
    assertEquals([outcome.result, outcome.bytes], [status === 204 ? "done" : "failed", 0]);
  });
}

for (const [status, statusText] of [[404, "Not Found"], [503, "Service Unavailable"], [599, ""]] as const) {
  test(`downloadOnce() fails with status ${status} and says so`, async () => {
    await using server = new CountingServer({ answer: () => new Response("sorry", { status, statusText }) });
    const outcome = await attempt({ url: `${server.url}/1`, expected: 1 });
    assert(outcome.result === "failed");
    assertEquals([outcome.kind, outcome.status], ["status", status]);
    assert(outcome.message.startsWith(`the server answered ${status}`), outcome.message);
    assert(!outcome.message.endsWith(" "));
  });
}

test("downloadOnce() says the status also where the body of the error is cut", async () => {
  await using server = await RawServer.start((socket) => {
    socket.write("HTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\nab", () => socket.resetAndDestroy());
  });
  const outcome = await attempt(server.url);
  assert(outcome.result === "failed");
  assertEquals([outcome.kind, outcome.message], ["status", "the server answered 500 Internal Server Error"]);
});

test("downloadOnce() doesn't wait for the end of an error's body", async () => {
  const { body } = endless();
  await using server = new CountingServer({ answer: () => new Response(body(), { status: 500 }) });
  assertEquals((await attempt(server.url)).status, 500);
});

test("downloadOnce() follows redirects and says where they led", async () => {
  await using server = new CountingServer({
    answer: (path) =>
      path === "/old" ? new Response(null, { status: 302, headers: { location: "/new" } }) : new Response("here"),
  });
  const outcome = await attempt(`${server.url}/old`);
  assertEquals([outcome.url, outcome.finalUrl, outcome.bytes], [`${server.url}/old`, `${server.url}/new`, 4]);
});

test("downloadOnce() sends the headers of a download", async () => {
  await using server = new CountingServer({
    answer: (_path, _nth, request) => new Response(request.headers.get("x-token")),
  });
  const outcome = await attempt({ url: `${server.url}/`, expected: 5, headers: { "x-token": "5" } });
  assertEquals(outcome.result, "done");
});

test("downloadOnce() fails for a header that can't be sent", async () => {
  await using server = new CountingServer();
  const outcome = await attempt({ url: server.url, headers: { "bad name": "x" } });
  assertEquals([outcome.result, server.requests.size], ["failed", 0]);
});

for (
  const url of ["", "/etc/hostname", "file:///etc/hostname", "data:,42", "ftp://127.0.0.1/", "blob:x", "http:/x y"]
) {
  test(`downloadOnce() doesn't fetch ${url || "the empty URL"}`, async () => {
    const outcome = await attempt({ url, expected: 42 });
    assert(outcome.result === "failed");
    assertEquals([outcome.kind, outcome.bytes, outcome.url], ["invalid-url", 0, url]);
  });
}

test("downloadOnce() sends credentials in a URL and never repeats them", async () => {
  await using server = new CountingServer({
    answer: (path, _nth, request) =>
      path === "/old"
        ? new Response(null, {
          status: 302,
          headers: { location: `http://user:s3cret@${request.headers.get("host")}/` },
        })
        : new Response(request.headers.get("authorization"), { status: path === "/fails" ? 500 : 200 }),
  });
  const withCredentials = (path: string) => server.url.replace("://", "://user:s3cret@") + path;
  const answered = await attempt({ url: withCredentials("/"), expected: 1 });
  assert(answered.result === "failed");
  assertEquals(answered.message, `the page says "Basic ${btoa("user:s3cret")}", not 1`);
  assertEquals(answered.url, `${server.url}/`);
  for (const path of ["/fails", "/old", "/?mail=a@b"]) {
    const outcome = await attempt(withCredentials(path));
    assertEquals([outcome.url, JSON.stringify(outcome).includes("s3cret")], [server.url + path, false]);
  }
  const invalid = await attempt("http://user:s3cret@127.0.0.1:99999/");
  assertEquals(JSON.stringify(invalid).includes("s3cret"), false);
});

test("downloadOnce() says how many attempts were made", async () => {
  await using server = new CountingServer();
  assertEquals((await attempt(server.url, { attempt: 4 })).attempts, 4);
});

for (
  const [kind, options, answer] of [
    ["connect-timeout", { connectTimeoutMs: 30 }, "HTTP/1.1"],
    ["idle-timeout", { idleTimeoutMs: 30 }, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"],
    ["timeout", { timeoutMs: 30 }, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"],
  ] satisfies [string, StrategyOptions, string][]
) {
  for (const expected of [undefined, 5]) {
    test(`downloadOnce() ends with ${kind} when a server stops talking${expected ? " in a page" : ""}`, async () => {
      await using server = await RawServer.start((socket) => socket.write(answer));
      const outcome = await attempt({ url: server.url, expected }, options);
      assert(outcome.result === "failed");
      assertEquals(outcome.kind, kind);
      assert(outcome.totalMs >= 30);
    });
  }
}

test("downloadOnce() makes no request once the run has been aborted", async () => {
  await using server = new CountingServer();
  const outcome = await attempt(server.url, { signal: AbortSignal.abort() });
  assert(outcome.result === "failed");
  assertEquals([outcome.kind, outcome.attempts, server.requests.size], ["aborted", 0, 0]);
  const third = await attempt(server.url, { signal: AbortSignal.abort(), attempt: 3 });
  assertEquals([third.attempts, server.requests.size], [2, 0]);
});

for (
  const [when, answer] of [["headers", "HTTP/1.1"], [
    "the rest of a body",
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
  ]]
) {
  test(`downloadOnce() ends at once when the run is aborted while it waits for ${when}`, async () => {
    const aborter = new AbortController();
    await using server = await RawServer.start((socket) =>
      socket.write(answer, () => setTimeout(() => aborter.abort(), 5))
    );
    const outcome = await attempt(server.url, { signal: aborter.signal });
    assert(outcome.result === "failed");
    assertEquals([outcome.kind, outcome.message, outcome.attempts], ["aborted", "interrupted", 1]);
  });
}

test("downloadOnce() leaves no listener on the signal of the run", async () => {
  await using server = new CountingServer();
  const aborter = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = aborter.signal;
  aborter.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(aborter.signal, args);
  };
  aborter.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(aborter.signal, args);
  };
  for (let i = 0; i < 3; i++) await attempt(server.url, { signal: aborter.signal });
  assertEquals(listeners, 0);
});
