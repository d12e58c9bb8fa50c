import { assert, assertEquals, assertRejects } from "@std/assert";
import { Http2Error } from "../../../lib/http/http2/error.ts";
import { Http2Connection } from "../../../lib/http/http2/connection.ts";
import { RawServer } from "../../helpers/raw_server.ts";
import { F, frame, literal, OK, peer, uint32 } from "../../helpers/http2_frames.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net");

const SETTINGS = frame(F.SETTINGS, 0, 0);
const HEAD = frame(F.HEADERS, 4, 1, [OK]);
const times = (count: number, frame: Uint8Array) => Array.from({ length: count }, () => frame);
const big = (length: number) => new Uint8Array(length);

/** What a server sends, the kind of failure, and a part of its message. */
const HOSTILE: [string, Uint8Array[], string, string][] = [
  [
    "CONTINUATION without end",
    [SETTINGS, frame(F.HEADERS, 0, 1, [OK]), ...times(9, frame(F.MORE, 0, 1, big(16_000)))],
    "protocol",
    "headers of more",
  ],
  [
    "empty CONTINUATION without end",
    [SETTINGS, frame(F.HEADERS, 0, 1, [OK]), ...times(3_000, frame(F.MORE, 0, 1))],
    "protocol",
    "no response any further",
  ],
  ["SETTINGS without end", times(3_000, SETTINGS), "protocol", "no response any further"],
  ["PING without end", [SETTINGS, ...times(3_000, frame(F.PING, 0, 0, big(8)))], "protocol", "no response any further"],
  [
    "PRIORITY without end",
    [SETTINGS, ...times(3_000, frame(F.PRIORITY, 0, 1, big(5)))],
    "protocol",
    "no response any further",
  ],
  [
    "WINDOW_UPDATE without end",
    [SETTINGS, ...times(3_000, frame(F.WINDOW, 0, 0, uint32(1)))],
    "protocol",
    "no response any further",
  ],
  [
    "empty DATA without end",
    [SETTINGS, HEAD, ...times(3_000, frame(F.DATA, 0, 1))],
    "protocol",
    "no response any further",
  ],
  [
    "interim heads without end",
    [SETTINGS, ...times(3_000, frame(F.HEADERS, 4, 1, literal(":status", "103")))],
    "protocol",
    "no response any further",
  ],
  [
    "a bomb of headers",
    [SETTINGS, frame(F.HEADERS, 4, 1, [OK, ...Array.from({ length: 2_000 }, () => 0x90)])],
    "protocol",
    "headers of more than",
  ],
  ["an index of the dynamic table", [SETTINGS, frame(F.HEADERS, 4, 1, [0xbe])], "protocol", "dynamic table"],
  [
    "the end of string in a Huffman code",
    [SETTINGS, frame(F.HEADERS, 4, 1, [OK, 0, 0x84, 255, 255, 255, 255, 0])],
    "protocol",
    "stands for nothing",
  ],
  ["DATA on a stream that nobody asked for", [SETTINGS, frame(F.DATA, 1, 3, [1])], "protocol", "doesn't exist"],
  ["HEADERS on a stream that nobody asked for", [SETTINGS, frame(F.HEADERS, 5, 5, [OK])], "protocol", "doesn't exist"],
  ["HEADERS on an even stream", [SETTINGS, frame(F.HEADERS, 5, 2, [OK])], "protocol", "doesn't exist"],
  ["PUSH_PROMISE", [SETTINGS, frame(F.PUSH, 4, 1, [0, 0, 0, 2, OK])], "protocol", "refused"],
  ["a frame that is too large", [SETTINGS, frame(F.DATA, 0, 1, big(16_385))], "protocol", "a frame of 16385 bytes"],
  ["DATA before a head", [SETTINGS, frame(F.DATA, 1, 1, [1])], "protocol", "without a head"],
  ["HTTP/1.1", [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")], "protocol", "HTTP/1.1"],
  [
    "a frame in the middle of headers",
    [SETTINGS, frame(F.HEADERS, 0, 1, [OK]), frame(F.PING, 0, 0, big(8))],
    "protocol",
    "middle of headers",
  ],
  ["two :status", [SETTINGS, frame(F.HEADERS, 5, 1, [OK, OK])], "protocol", ":status"],
  ["no :status", [SETTINGS, frame(F.HEADERS, 5, 1, literal("a", "b"))], "protocol", "no :status"],
  ["a name in capitals", [SETTINGS, frame(F.HEADERS, 5, 1, [OK, ...literal("A", "b")])], "protocol", "header"],
  [
    "a header of a connection",
    [SETTINGS, frame(F.HEADERS, 5, 1, [OK, ...literal("connection", "close")])],
    "protocol",
    "connection",
  ],
  [
    "more than it announced",
    [SETTINGS, frame(F.HEADERS, 4, 1, [OK, ...literal("content-length", "1")]), frame(F.DATA, 1, 1, [1, 2])],
    "protocol",
    "more than the 1 bytes",
  ],
  [
    "less than it announced",
    [SETTINGS, frame(F.HEADERS, 4, 1, [OK, ...literal("content-length", "3")]), frame(F.DATA, 1, 1, [1, 2])],
    "truncated",
    "1 of 3 bytes",
  ],
  ["trailers without an end", [SETTINGS, HEAD, frame(F.HEADERS, 4, 1, literal("a", "b"))], "protocol", "head"],
  ["padding that is longer than its frame", [SETTINGS, HEAD, frame(F.DATA, 9, 1, [5, 1])], "protocol", "padding"],
  ["RST_STREAM with NO_ERROR in the middle", [SETTINGS, HEAD, frame(F.RST, 0, 1, uint32(0))], "reset", "NO_ERROR"],
];

for (const [what, pieces, kind, message] of HOSTILE) {
  test(`Http2Connection fails the request of a server that sends ${what}`, async () => {
    await using server = await peer(pieces);
    const stream = server.client.get("/", []);
    const error = await assertRejects(() => stream.head.then(() => stream.bytes()), Http2Error, message);
    assertEquals(error.kind, kind);
    assertEquals(server.client.inFlight, 0);
  });
}

test("Http2Connection ends a stream that brings more than its window while nobody reads, and no other", async () => {
  const beyond = [...times(4, frame(F.DATA, 0, 1, big(16_384))), frame(F.HEADERS, 5, 3, [OK])];
  await using server = await peer([SETTINGS, HEAD, ...beyond], { requests: 2 });
  const [full, other] = [server.client.get("/a", []), server.client.get("/b", [])];
  await full.head;
  assertEquals((await other.head).status, 200);
  assertEquals((await assertRejects(() => full.bytes(), Http2Error, "allowed to")).kind, "protocol");
});

test("Http2Connection calls a response truncated whose connection closes before its END_STREAM", async () => {
  await using server = await peer([SETTINGS, HEAD, frame(F.DATA, 0, 1, [1, 2])], { ends: true });
  const stream = server.client.get("/", []);
  await stream.head;
  const error = await assertRejects(() => stream.bytes(), Http2Error);
  assertEquals(error.kind, "truncated");
  assert(server.client.isGone);
});

test("Http2Connection keeps one piece of memory for a body that comes a byte a frame", async () => {
  const bytes = Array.from({ length: 3_000 }, (_, n) => n & 255);
  await using server = await peer([
    SETTINGS,
    HEAD,
    ...bytes.map((byte) => frame(F.DATA, 0, 1, [byte])),
    frame(F.DATA, 1, 1),
  ]);
  const stream = server.client.get("/", []);
  await stream.head;
  assertEquals(await stream.bytes(), Uint8Array.from(bytes));
});

test("Http2Connection says which requests a server that goes away hasn't begun, also after a first GOAWAY for all", async () => {
  const all = frame(F.GOAWAY, 0, 0, [...uint32(2 ** 31 - 1), ...uint32(0)]);
  const one = frame(F.GOAWAY, 0, 0, [...uint32(1), ...uint32(0)]);
  await using server = await peer([SETTINGS, all, one, HEAD, frame(F.DATA, 1, 1, [7])], { requests: 2 });
  const streams = [server.client.get("/a", []), server.client.get("/b", [])];
  const error = await assertRejects(() => streams[1].head, Http2Error);
  assert(error.isUnprocessed);
  assertEquals((await streams[0].head).status, 200);
  assertEquals(await streams[0].bytes(), Uint8Array.of(7));
  assertEquals(server.client.room, 0);
});

for (const [code, isUnprocessed, needsHttp1] of [[7, true, false], [13, true, true], [8, false, false]] as const) {
  const what = `was processed (${!isUnprocessed}) and needs HTTP/1.1 (${needsHttp1})`;
  test(`Http2Connection tells by code ${code} of RST_STREAM whether a request ${what}`, async () => {
    await using server = await peer([SETTINGS, frame(F.RST, 0, 1, uint32(code))]);
    const error = await assertRejects(() => server.client.get("/", []).head, Http2Error);
    assertEquals([error.kind, error.isUnprocessed, error.needsHttp1], ["reset", isUnprocessed, needsHttp1]);
  });
}

test("Http2Connection takes no body of a HEAD's response, whatever it announces", async () => {
  await using server = await peer([SETTINGS, frame(F.HEADERS, 5, 1, [OK, ...literal("content-length", "3")])]);
  const stream = server.client.get("/", [], { method: "HEAD" });
  assertEquals((await stream.head).headers.get("content-length"), "3");
  assertEquals(await stream.bytes(), new Uint8Array());
});

test("Http2Connection follows MAX_CONCURRENT_STREAMS, also to 0 and back", async () => {
  const most = (value: number) => frame(F.SETTINGS, 0, 0, [0, 3, ...uint32(value)]);
  await using server = await peer([most(0), HEAD, frame(F.DATA, 0, 1, [1]), most(5), frame(F.DATA, 1, 1)]);
  const stream = server.client.get("/", []);
  await stream.head;
  await stream.bytes();
  assertEquals(server.client.room, 5);
});

test("Http2Connection ignores what still comes of a stream that was given up, and ends at more than could be under way", async () => {
  const late = [HEAD, ...times(3, frame(F.DATA, 0, 1, big(16_384)))];
  const pieces = [SETTINGS, ...late, frame(F.HEADERS, 5, 3, [OK]), ...times(2, frame(F.DATA, 0, 1, big(16_384)))];
  await using server = await peer(pieces, { requests: 3 });
  const streams = ["/a", "/b", "/c"].map((path) => server.client.get(path, []));
  await streams[0].cancel();
  assertEquals((await streams[1].head).status, 200);
  await assertRejects(() => streams[0].head, Http2Error, "cancelled");
  await assertRejects(() => streams[2].head, Http2Error, "has ended");
});

test("Http2Connection takes no more requests while its server doesn't read them", async () => {
  await using server = await RawServer.start((socket) => socket.pause());
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
  const client = new Http2Connection(conn, { scheme: "http", authority: "test" });
  const heads = [];
  while (client.room > 0) {
    heads.push(client.get("/", [["x", "y".repeat(300_000)]]).head);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert(heads.length < 100, "100 requests of 300 KB fit nowhere");
  client.close(new Http2Error("closed", "given up"));
  for (const head of heads) await assertRejects(() => head, Http2Error, "given up");
});

/** Two streams interleaved, with all that a valid server may send. */
const TRANSCRIPT = Uint8Array.from(
  [
    SETTINGS,
    frame(F.SETTINGS, 1, 0),
    frame(F.HEADERS, 4, 3, literal(":status", "103")),
    frame(F.HEADERS, 0, 1, [OK]),
    frame(F.MORE, 0, 1, literal("a", "b").slice(0, 2)),
    frame(F.MORE, 4, 1, literal("a", "b").slice(2)),
    frame(F.PRIORITY, 0, 3, [0, 0, 0, 0, 1]),
    frame(F.HEADERS, 4 | 8 | 32, 3, [2, 0, 0, 0, 0, 1, OK, 0, 0]),
    frame(F.DATA, 0, 1, [1, 2, 3]),
    frame(F.DATA, 8, 3, [3, 9, 8, 0, 0, 0]),
    frame(F.PING, 0, 0, big(8)),
    frame(F.DATA, 0, 1, [4]),
    frame(F.DATA, 1, 3, [7]),
    frame(99, 255, 7, [1]),
    frame(F.HEADERS, 5, 1, literal("trailer", "x")),
  ].flatMap((frame) => [...frame]),
);

test("Http2Connection reads the same bodies wherever the bytes of the server are cut", async () => {
  for (let cut = 1; cut < TRANSCRIPT.length; cut++) {
    await using server = await peer([TRANSCRIPT.subarray(0, cut), TRANSCRIPT.subarray(cut)], { requests: 2 });
    const streams = [server.client.get("/a", []), server.client.get("/b", [])];
    const bodies = await Promise.all(streams.map(async (stream) => {
      await stream.head;
      return await stream.bytes();
    }));
    assertEquals(bodies, [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(9, 8, 7)], `cut at ${cut}`);
  }
});
