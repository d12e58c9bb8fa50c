/** The client against servers that don't speak what they are asked in: HTTP/2 only, or HTTP/1.1 that looks like it. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../lib/http/client.ts";
import { Http1Error } from "../../lib/http/http1/error.ts";
import { startHttp2Server } from "../helpers/http2_server.ts";
import { F, frame, uint32 } from "../helpers/http2_frames.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type AnswerBytes, RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

const hold = () => new AbortController().signal;
const get = (client: Client, url: string) => client.send(url, { headers: {}, signal: hold(), redirect: "manual" });
const text = async (client: Client, url: string) => await (await get(client, url)).text();

const SETTINGS = frame(F.SETTINGS, 0, 0, [0, 3, ...uint32(128), 0, 4, ...uint32(65_536), 0, 5, ...uint32(16_777_215)]);
const GOAWAY = frame(F.GOAWAY, 0, 0, [...uint32(0), ...uint32(1)]);

/** What servers of HTTP/2 only do with a request of HTTP/1.1. */
const MANNERS: [string, (socket: Parameters<AnswerBytes>[0]) => void][] = [
  [
    "sends SETTINGS and GOAWAY, and closes, as nginx does",
    (socket) => void socket.end(Uint8Array.from([...SETTINGS, ...GOAWAY])),
  ],
  ["sends SETTINGS, and waits", (socket) => void socket.write(SETTINGS)],
  ["sends SETTINGS a byte at a time", (socket) => {
    socket.setNoDelay(true);
    const send = (at: number) =>
      void (at < SETTINGS.length && socket.write(SETTINGS.slice(at, at + 1), () => send(at + 1)));
    send(0);
  }],
  ["sends SETTINGS with empty lines in them", (socket) => {
    socket.write(frame(F.SETTINGS, 0, 0, [0, 4, 10, 10, 13, 10]));
  }],
];

for (const [what, manner] of MANNERS) {
  for (const http of ["alpn", "auto"] as const) {
    test(`Client gets 200 pages with http "${http}" of a server of HTTP/2 only that ${what}`, async () => {
      await using server = await startHttp2Server(() => "answer", { maxStreams: 200, onHttp1: manner });
      using client = new Client({ http });
      const pages = await Promise.all(Array.from({ length: 200 }, () => text(client, server.url)));
      assertEquals(pages, Array(200).fill("page"));
      assertEquals(await text(client, server.url), "page");
    });
  }

  test(`Client says with http 1 what to do about a server of HTTP/2 only that ${what}`, async () => {
    await using server = await startHttp2Server(() => "answer", { onHttp1: manner });
    using client = new Client({ http: 1 });
    const error = await assertRejects(() => get(client, server.url), Http1Error);
    assertEquals(error.kind, "protocol");
    assertEquals(error.message, 'the server answered in HTTP/2, and was asked in HTTP/1.1: set http to "auto" or 2');
    assertEquals(server.connections, 1);
  });
}

test("Client asks a server of HTTP/2 only over HTTP/1.1 once, and tells what it speaks", async () => {
  let asked = 0;
  const lines: string[] = [];
  await using server = await startHttp2Server(() => "answer", {
    maxStreams: 100,
    onHttp1: (socket) => (asked++, socket.end(SETTINGS)),
  });
  using client = new Client({ http: "alpn" }, { explain: (line) => lines.push(line) });
  for (let n = 0; n < 5; n++) assertEquals(await text(client, server.url), "page");
  assertEquals([asked, server.connections], [1, 2]);
  assertEquals(lines.at(-1), `${server.url} speaks HTTP/2: up to 100 requests at once on a connection`);
});

test("Client gives up on a server that answers in neither version in which it is asked", async () => {
  await using server = await RawServer.start((socket, received) => {
    socket.end(received[0] === 80 ? "HTTP/1.1 400 Bad Request\r\n\r\n" : SETTINGS);
  });
  for (const http of ["alpn", "auto", 1, 2] as const) {
    using client = new Client({ http });
    assertEquals((await assertRejects(() => get(client, server.url), Error) as Http1Error).kind, "protocol");
  }
  assertEquals(server.connections < 20, true, `${server.connections} connections`);
});

test("Client goes back to HTTP/1.1 where a server of HTTP/2 only was started again with that", async () => {
  using client = new Client({ http: "alpn" });
  let port;
  {
    await using server = await startHttp2Server(() => "answer", { onHttp1: (socket) => void socket.end(SETTINGS) });
    assertEquals(await text(client, server.url), "page");
    port = Number(new URL(server.url).port);
  }
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold";
  await using server = await RawServer.start(
    (socket, received) => void socket.end(received[0] === 80 ? "HTTP/1.1 400 Bad Request\r\n\r\n" : answer),
    port,
  );
  assertEquals(await text(client, server.url), "old");
});

/** What HTTP/1.1 servers may answer to a preface so that it looks like frames. */
const LIKE_FRAMES: [string, Uint8Array][] = [
  [
    "a SETTINGS frame in front of HTTP/1.1",
    Uint8Array.from([...frame(F.SETTINGS, 0, 0), ...new TextEncoder().encode("HTTP/1.1 400 B\r\n\r\n")]),
  ],
  ["a type of SETTINGS in HTTP/1.1", new TextEncoder().encode("HTT\x04/1.1 400 Bad Request\r\n\r\n")],
  ["a frame that acknowledges", frame(F.SETTINGS, 1, 0)],
  ["a part of a frame's header", frame(F.SETTINGS, 0, 0).slice(0, 5)],
];
for (const [what, bytes] of LIKE_FRAMES) {
  for (const http of ["auto", 2] as const) {
    test(`Client with http ${http} never calls done what comes of ${what} in answer to a preface`, async () => {
      await using server = await RawServer.start((socket, received) => {
        socket.end(received[0] === 80 ? bytes : "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold");
      });
      using client = new Client({ http });
      const came = await text(client, server.url).catch((error) => (error as Http1Error).kind);
      assertEquals(["old", "protocol", "closed"].includes(came), true, came);
      assertEquals(http === 2 && came === "old", false);
    });
  }
}
