/** What a server may do to the memory and the patience of a connection, and what it may not. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Http2Connection } from "../../../lib/http/http2/connection.ts";
import { Http2Error } from "../../../lib/http/http2/error.ts";
import { hpackDecode } from "../../../lib/http/http2/hpack.ts";
import { HpackError } from "../../../lib/http/http2/hpack_error.ts";
import { F, frame, literal, OK, peer, uint32 } from "../../helpers/http2_frames.ts";
import { RawServer } from "../../helpers/raw_server.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net");

const SETTINGS = frame(F.SETTINGS, 0, 0);
const HEAD = frame(F.HEADERS, 4, 1, [OK]);
const joined = (frames: Uint8Array[]) => Uint8Array.from(frames.flatMap((frame) => [...frame]));

/** The frames of a client, from the first byte on: type, stream and payload. */
function framesIn(bytes: readonly number[]): { type: number; flags: number; stream: number; payload: number[] }[] {
  const frames = [];
  for (let at = 24; at + 9 <= bytes.length;) {
    const length = bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2];
    const stream = bytes[at + 5] << 24 | bytes[at + 6] << 16 | bytes[at + 7] << 8 | bytes[at + 8];
    frames.push({ type: bytes[at + 3], flags: bytes[at + 4], stream, payload: bytes.slice(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return frames;
}

test("Http2Connection splits the headers of a request by MAX_FRAME_SIZE, and follows a change while it runs", async () => {
  const large = frame(F.SETTINGS, 0, 0, [0, 5, ...uint32(60_000)]);
  const small = frame(F.SETTINGS, 0, 0, [0, 5, ...uint32(16_384)]);
  const answers = [[large, frame(F.HEADERS, 5, 1, [OK])], [small, frame(F.HEADERS, 5, 3, [OK])], [
    frame(F.HEADERS, 5, 5, [OK]),
  ]];
  const received: number[] = [];
  let answered = 0;
  await using server = await RawServer.start((socket, first) => {
    const take = (bytes: Uint8Array) => {
      received.push(...bytes);
      const isWhole = framesIn(received).filter(({ type, flags }) =>
        (type === F.HEADERS || type === F.MORE) && flags & 4
      );
      while (answered < isWhole.length) socket.write(joined(answers[answered++]));
    };
    socket.on("data", take);
    take(first);
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
  const client = new Http2Connection(conn, { scheme: "http", authority: "test" });
  for (let n = 0; n < 3; n++) await client.get("/", [["x", "y".repeat(40_000)]]).head;
  const sizes = framesIn(received).filter(({ type }) => type === F.HEADERS || type === F.MORE);
  const of = (stream: number) => sizes.filter((frame) => frame.stream === stream).map(({ payload }) => payload.length);
  assertEquals([of(1).length, of(3).length, of(5).length], [3, 1, 3]);
  assertEquals([...of(1), ...of(5)].every((size) => size <= 16_384), true);
  client.close(new Error("the test is over"));
});

test("Http2Connection uses no table of a server that has taken it away, from the next request on", async () => {
  const none = frame(F.SETTINGS, 0, 0, [0, 1, ...uint32(0)]);
  await using server = await peer([joined([SETTINGS, none, frame(F.HEADERS, 5, 1, [OK])])]);
  const fields = [["x-name", "value"]] as const;
  await server.client.get("/a", fields).head;
  const lost = assertRejects(() => server.client.get("/b", fields).head, Error, "over");
  while (framesIn(server.received).filter(({ type }) => type === F.HEADERS).length < 2) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  const [, second] = framesIn(server.received).filter(({ type }) => type === F.HEADERS);
  assertEquals(second.payload[0], 0x20); // the change is confirmed first (RFC 7541 §4.2)
  assert(new TextDecoder().decode(Uint8Array.from(second.payload)).includes("x-name\x05value"));
  server.client.close(new Error("over"));
  await lost;
});

const LENGTH = literal("content-length", "5");
for (const [status, byte] of [[204, 0x89], [304, 0x8b]] as const) {
  test(`Http2Connection takes a ${status} with a content-length for one without a body`, async () => {
    await using server = await peer([SETTINGS, frame(F.HEADERS, 5, 1, [byte, ...LENGTH])]);
    const stream = server.client.get("/", []);
    assertEquals((await stream.head).status, status);
    assertEquals(await stream.bytes(), new Uint8Array());
  });

  test(`Http2Connection fails a ${status} that has a body`, async () => {
    await using server = await peer([SETTINGS, frame(F.HEADERS, 4, 1, [byte, ...LENGTH]), frame(F.DATA, 1, 1, [1, 2])]);
    const stream = server.client.get("/", []);
    await assertRejects(() => stream.head.then(() => stream.bytes()), Http2Error, "more than the 0 bytes");
  });
}

test("Http2Connection skips several interim responses, whatever length they announce", async () => {
  const interim = [100, 103, 103].map((status) => {
    return frame(F.HEADERS, 4, 1, [...literal(":status", `${status}`), ...literal("content-length", "9")]);
  });
  await using server = await peer([SETTINGS, ...interim, HEAD, frame(F.DATA, 1, 1, [7])]);
  const stream = server.client.get("/", []);
  assertEquals((await stream.head).status, 200);
  assertEquals(await stream.bytes(), Uint8Array.of(7));
});

test("Http2Connection keeps a whole response whose stream is reset afterwards", async () => {
  const frames = [
    SETTINGS,
    HEAD,
    frame(F.DATA, 1, 1, [1, 2]),
    frame(F.RST, 0, 1, uint32(0)),
    frame(F.HEADERS, 5, 3, [OK]),
  ];
  await using server = await peer([joined(frames)], { requests: 2 });
  const [stream, next] = [server.client.get("/a", []), server.client.get("/b", [])];
  await next.head;
  assertEquals(await stream.bytes(), Uint8Array.of(1, 2));
});

test("Http2Connection ends a server that resets a stream without end that has ended", async () => {
  const flood = Array.from({ length: 3_000 }, () => frame(F.RST, 0, 1, uint32(8)));
  await using server = await peer([SETTINGS, HEAD, frame(F.DATA, 1, 1, [1]), ...flood], { requests: 2 });
  const [stream, other] = [server.client.get("/a", []), server.client.get("/b", [])];
  await assertRejects(() => other.head, Http2Error, "no response any further");
  assertEquals(await stream.bytes(), Uint8Array.of(1));
});

Deno.test("hpackDecode() refuses Huffman bombs before it keeps more than a head may have", () => {
  // "0" has five bits, so that a block of 65,000 bytes makes 104,000 characters
  const bits = "00000".repeat(8).match(/.{8}/g) ?? [];
  const five = bits.map((byte) => parseInt(byte, 2));
  const size = 65_000;
  const integer = [0xff, (size - 127) & 127 | 128, ((size - 127) >> 7) & 127 | 128, (size - 127) >> 14];
  const block = Uint8Array.from([0, 1, 97, ...integer, ...Array.from({ length: size }, (_, at) => five[at % 5])]);
  let error: unknown;
  try {
    hpackDecode(block, 65_536, () => {});
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof HpackError, String(error));
});

test("Http2Connection keeps at most the windows of 200 readers that stall, while another stream goes on", async () => {
  const most = 65_535;
  const stalled = Array.from({ length: 200 }, (_, n) => 2 * n + 1);
  const chunk = (stream: number) => frame(F.DATA, 0, stream, new Uint8Array(16_383));
  const full = stalled.flatMap((stream) => [frame(F.HEADERS, 4, stream, [OK]), ...Array(4).fill(chunk(stream))]);
  const more = Array.from({ length: 20 }, () => frame(F.DATA, 0, 401, new Uint8Array(1_000)));
  const going = [frame(F.HEADERS, 4, 401, [OK]), ...more, frame(F.DATA, 1, 401)];
  await using server = await peer([SETTINGS, ...full, ...going], { requests: 201 });
  const before = Deno.memoryUsage().external;
  const streams = [...stalled, 401].map((id) => server.client.get(`/${id}`, []));
  const last = streams[200];
  await last.head;
  assertEquals((await last.bytes()).length, 20_000);
  const grown = Deno.memoryUsage().external - before;
  assert(grown < 4 * 200 * most, `${grown} bytes for ${200 * most} that the windows allow`);
  const updates = framesIn(server.received).filter(({ type, stream }) => type === F.WINDOW && stream > 0);
  assertEquals(updates, []); // nobody who stalls is sent more
  const [first] = streams;
  assertEquals((await first.read(new Uint8Array(100_000), { min: 4 * 16_383 })).value.length, 4 * 16_383);
});

test("Http2Connection gives a body that has filled its window room to end in, as nghttp2 waits for it", async () => {
  const chunks = [16_384, 16_384, 16_384, 16_383].map((size) => frame(F.DATA, 0, 1, new Uint8Array(size)));
  const head = frame(F.HEADERS, 4, 1, [OK, ...literal("content-length", "65535")]);
  const received: number[] = [];
  const answers = [joined([SETTINGS, head, ...chunks]), frame(F.DATA, 1, 1)]; // to the request, and to more room
  await using server = await RawServer.start((socket, first) => {
    const take = (bytes: Uint8Array) => {
      received.push(...bytes);
      const has = (wanted: number) => framesIn(received).some(({ type, stream }) => type === wanted && stream === 1);
      if (answers.length === 2 && has(F.HEADERS)) socket.write(answers.splice(0, 1)[0]);
      if (answers.length === 1 && has(F.WINDOW)) socket.write(answers.splice(0, 1)[0]);
    };
    socket.on("data", take);
    take(first);
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
  const client = new Http2Connection(conn, { scheme: "http", authority: "test" });
  const stream = client.get("/", []);
  await stream.head;
  assertEquals((await stream.bytes()).length, 65_535);
  client.close(new Error("the test is over"));
});

test("Http2Connection lets a stream trickle a byte at a time without holding up another", async () => {
  const trickle = Array.from({ length: 500 }, (_, n) => frame(F.DATA, 0, 1, [n & 255]));
  const pieces = [SETTINGS, HEAD, ...trickle, frame(F.HEADERS, 5, 3, [OK]), ...trickle, frame(F.DATA, 1, 1)];
  await using server = await peer(pieces, { requests: 2 });
  const [slow, quick] = [server.client.get("/a", []), server.client.get("/b", [])];
  await slow.head;
  assertEquals((await quick.head).status, 200);
  const view = new Uint8Array(7);
  let size = 0;
  for (let isDone = false; !isDone;) {
    const { done, value } = await slow.read(view);
    size += value.length;
    isDone = done;
  }
  assertEquals(size, 1_000);
});
