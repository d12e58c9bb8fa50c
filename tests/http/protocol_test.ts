import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:http";
import { once } from "node:events";
import { askProtocol } from "../../lib/http/protocol.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding, testOverIpv6 } from "../helpers/needs.ts";
import { type AnswerBytes, RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

/** A SETTINGS frame (RFC 9113 section 6.5) of the given settings. */
function settingsFrame(...settings: [id: number, value: number][]): Uint8Array {
  const bytes = new Uint8Array(9 + 6 * settings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(1, 6 * settings.length);
  bytes[3] = 4;
  settings.forEach(([id, value], i) => {
    view.setUint16(9 + 6 * i, id);
    view.setUint32(11 + 6 * i, value);
  });
  return bytes;
}

test("askProtocol() finds out that Deno.serve speaks HTTP/2, with 200 streams on a connection", async () => {
  await using server = new CountingServer();
  assertEquals(await askProtocol(server.url), { http: 2, maxStreams: 200 });
  assertEquals(server.counts(), [], "nothing was requested");
});

test("askProtocol() finds out that Node's server speaks HTTP/1.1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address && typeof address === "object");
  assertEquals(await askProtocol(`http://127.0.0.1:${address.port}`), { http: 1 });
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

test("askProtocol() assumes HTTP/1.1 where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await askProtocol(`http://127.0.0.1:${port}`), { http: 1 });
});

test("askProtocol() assumes HTTP/1.1 for what is no origin", async () => {
  assertEquals(await askProtocol("http://"), { http: 1 });
});

const answers: [name: string, answer: AnswerBytes, expected: unknown][] = [
  ["closes at once", (socket) => socket.end(), { http: 1 }],
  ["resets", (socket) => socket.resetAndDestroy(), { http: 1 }],
  ["answers in HTTP/1.1 and keeps the line open", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), {
    http: 1,
  }],
  ["sends less than a frame and closes", (socket) => socket.end(settingsFrame([3, 100]).subarray(0, 12)), { http: 1 }],
  ["talks garbage without end", (socket) => socket.write("x".repeat(100_000)), { http: 1 }],
  ["announces a frame larger than settings are", (socket) => {
    socket.write(new Uint8Array([255, 255, 255, 4, ...new Uint8Array(5_000)]));
  }, { http: 1 }],
  ["says nothing of streams", (socket) => socket.write(settingsFrame()), { http: 2 }],
  ["says how many streams it has among other things", (socket) => {
    socket.write(settingsFrame([1, 4096], [3, 2 ** 32 - 1], [4, 65_535]));
  }, { http: 2, maxStreams: 2 ** 32 - 1 }],
];
for (const [name, answer, expected] of answers) {
  test(`askProtocol() answers ${JSON.stringify(expected)} for a server that ${name}`, async () => {
    await using server = await RawServer.start(answer);
    assertEquals<unknown>(await askProtocol(server.url), expected);
  });
}

test("askProtocol() reads settings that come byte by byte", async () => {
  await using server = await RawServer.start((socket) => {
    socket.setNoDelay();
    const bytes = settingsFrame([3, 128]);
    const send = (at: number) => {
      if (at < bytes.length) socket.write(bytes.subarray(at, at + 1), () => setTimeout(send, 1, at + 1));
    };
    send(0);
  });
  assertEquals(await askProtocol(server.url), { http: 2, maxStreams: 128 });
});

test("askProtocol() doesn't wait long for a server that never answers", async () => {
  await using server = await RawServer.start(() => {});
  assertEquals(await askProtocol(server.url, { timeoutMs: 20 }), { http: 1 });
});

test("askProtocol() doesn't wait long for a server that doesn't accept", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { hostname, port } = listener.addr;
  // The backlog takes one more than it says; what comes then gets no answer at all.
  using _first = await Deno.connect({ hostname, port });
  using _second = await Deno.connect({ hostname, port });
  assertEquals(await askProtocol(`http://${hostname}:${port}`, { timeoutMs: 20 }), { http: 1 });
});

testOverIpv6(test)("askProtocol() asks over IPv6", async () => {
  const server = Deno.serve({ port: 0, hostname: "::1", onListen() {} }, () => new Response());
  assertEquals((await askProtocol(`http://[::1]:${server.addr.port}`)).http, 2);
  await server.shutdown();
});
