/** Bodies that nobody wants, from servers that make them as long, as slow or as packed as they like. */

import { assert, assertEquals } from "@std/assert";
import type { Job } from "../../lib/core/download.ts";
import { downloadOnce } from "../../lib/engine/download.ts";
import { Session } from "../../lib/engine/session.ts";
import { settle, type StrategyOptions } from "../../lib/core/settings.ts";
import { testNeeding } from "../helpers/needs.ts";
import { each, OK, OwnClient, type Socket } from "../helpers/own_client.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { type Client, sendBy } from "../helpers/send_by.ts";

const test = await testNeeding("net");

/** Bytes that may be on their way when a connection is closed: buffers of the kernel, and of Deno's fetch. */
const ON_THE_WAY = 16e6;

const CLIENTS: Record<string, () => (Client & Disposable) | undefined> = {
  "fetch": () => Deno.createHttpClient({}),
  "a connection of our own": () => new OwnClient(),
};

/** Makes one attempt at each URL, one after another. */
async function attempts(urls: string[], client: Client | undefined, options: StrategyOptions = {}) {
  using session = new Session(settle(options, { concurrency: 1 }), new AbortController().signal);
  const outcomes = [];
  for (const [id, url] of urls.entries()) {
    const job: Job = { id, url, attempt: 1 };
    const outcome = await downloadOnce(job, session, sendBy(client));
    outcomes.push(outcome.result === "failed" ? `${outcome.kind} ${outcome.status}` : `done ${outcome.bytes}`);
  }
  return outcomes;
}

/** Writes for as long as the other side reads; counts what it wrote, and says when the other side has gone. */
function endless(socket: Socket, sent: { bytes: number; gone: Promise<void> }): void {
  const chunk = `${(65_536).toString(16)}\r\n${"x".repeat(65_536)}\r\n`;
  sent.gone = new Promise((resolve) => socket.once("close", () => resolve()));
  const write = () => {
    while (!socket.destroyed) {
      sent.bytes += chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", write);
  write();
}

const unwanted: [status: string, headers: string, outcome: string][] = [
  ["404 Not Found", "", "status 404"],
  ["503 Service Unavailable", "", "status 503"],
  ["302 Found", "location: /next\r\n", "done 2"],
  ["206 Partial Content", "content-range: bytes 0-4/10\r\n", "protocol 206"],
];
const framings = ["transfer-encoding: chunked\r\n", "content-length: 5\r\ntransfer-encoding: chunked\r\n"];

for (const [name, open] of Object.entries(CLIENTS)) {
  for (const [status, headers, expected] of unwanted) {
    for (const framing of framings) {
      const lies = framing.startsWith("content-length") ? " that says it has 5 bytes" : "";
      test(`the endless body of a ${status.slice(0, 3)}${lies} is left, over ${name}`, async () => {
        const sent = { bytes: 0, gone: Promise.resolve() };
        await using server = await RawServer.start(each((socket, request) => {
          if (request.startsWith("GET /next")) return socket.write(`${OK}content-length: 2\r\n\r\nok`);
          socket.write(`HTTP/1.1 ${status}\r\n${headers}${framing}\r\n`);
          endless(socket, sent);
        }));
        using client = open();
        assertEquals(await attempts([server.url], client), [expected]);
        await sent.gone;
        assert(sent.bytes < ON_THE_WAY, `${sent.bytes} bytes sent`);
      });
    }
  }

  for (const length of ["content-length: 9\r\n", "transfer-encoding: chunked\r\n", "content-length: 9000000\r\n"]) {
    test(`a 404 whose body stalls after ${length.trim()} is a 404, over ${name}`, async () => {
      await using server = await RawServer.start((socket) =>
        socket.write(`HTTP/1.1 404 Not Found\r\n${length}\r\n3\r\n`)
      );
      using client = open();
      assertEquals(await attempts([server.url], client, { idleTimeoutMs: 20 }), ["status 404"]);
    });
  }

  for (
    const [what, status] of [["404", "404 Not Found"], ["redirect", "302 Found\r\nlocation: /next"], [
      "503",
      "503 Busy",
    ]]
  ) {
    test(`the small body of a ${what} leaves its connection to the next request, over ${name}`, async () => {
      const bodies = ["content-length: 5\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"];
      await using server = await RawServer.start(each((socket, request) => {
        const [, path] = request.split(" ");
        const which = Number(path.slice(1));
        socket.write(path === "/next" ? `${OK}content-length: 2\r\n\r\nok` : `HTTP/1.1 ${status}\r\n${bodies[which]}`);
      }));
      using client = open();
      await attempts([`${server.url}/0`, `${server.url}/1`, `${server.url}/next`], client);
      assertEquals(server.connections, 1);
    });
  }

  test(`an announced body that is large is left at once, over ${name}`, async () => {
    let closed: Promise<void> | undefined;
    await using server = await RawServer.start((socket) => {
      closed = new Promise((resolve) => socket.once("close", () => resolve()));
      socket.write("HTTP/1.1 404 Not Found\r\ncontent-length: 65537\r\n\r\n");
    });
    using client = open();
    assertEquals(await attempts([server.url], client), ["status 404"]);
    await closed;
  });
}

test("a packed body that nobody wants isn't unpacked, and leaves its connection, over a connection of our own", async () => {
  const zeros = new Blob([new Uint8Array(2e6)]).stream();
  const bomb = await new Response(zeros.pipeThrough(new CompressionStream("brotli"))).bytes();
  assert(bomb.length < 100, "as a whole it would fill memory");
  await using server = await RawServer.start(each((socket) => {
    socket.write(`HTTP/1.1 404 Not Found\r\ncontent-encoding: br\r\ncontent-length: ${bomb.length}\r\n\r\n`);
    socket.write(bomb);
  }));
  using client = new OwnClient();
  const { DecompressionStream } = globalThis;
  let unpackers = 0;
  globalThis.DecompressionStream = class extends DecompressionStream {
    constructor(format: CompressionFormat) {
      super(format);
      unpackers++;
    }
  };
  try {
    assertEquals(await attempts([server.url, server.url], client), ["status 404", "status 404"]);
  } finally {
    globalThis.DecompressionStream = DecompressionStream;
  }
  assertEquals([unpackers, server.connections], [0, 1]);
});
