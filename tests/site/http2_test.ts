import { assert, assertEquals, assertRejects } from "@std/assert";
import { content, contentKey } from "../../site/content.ts";
import { type Frame, frame, framesOf, PREFACE, settings, TYPE, uint32 } from "../../site/http2/frames.ts";
import { HeaderReader } from "../../site/http2/header_reader.ts";
import { type Http2Options, serveHttp2 } from "../../site/http2/server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net");

const served = (options?: Http2Options) => serveHttp2({ hostname: "127.0.0.1", port: 0 }, options);
const clientOf = () => Deno.createHttpClient({ http1: false, http2: true, poolIdleTimeout: false });
const hpack = (path: string) => [0x82, 0x86, 0x04, path.length, ...new TextEncoder().encode(path), 0x01, 1, 97];

/** Sends GETs on one connection, and reads frames until it has seen enough or the connection ends. */
async function frames(url: string, paths: string[], isEnough: (seen: Frame[]) => boolean, first?: Uint8Array) {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const requests = paths.map((path, i) => frame(TYPE.HEADERS, 5, 2 * i + 1, hpack(path)));
  const all = [new TextEncoder().encode(PREFACE), first ?? settings({}), ...requests].flatMap((bytes) => [...bytes]);
  await socket.write(Uint8Array.from(all));
  const seen: Frame[] = [];
  // What a server sends has no preface: one is put before it.
  let isFirst = true;
  const read = async (buffer: Uint8Array) => {
    if (!isFirst) return await socket.read(buffer);
    isFirst = false;
    buffer.set(new TextEncoder().encode(PREFACE));
    return PREFACE.length;
  };
  for await (const each of framesOf({ read } as Deno.Conn)) {
    seen.push(each);
    if (isEnough(seen)) break;
  }
  return seen;
}

const of = (seen: Frame[], type: number) => seen.filter((each) => each.type === type);
const ended = (count: number) => (seen: Frame[]) =>
  seen.filter((each) => each.type === TYPE.RST_STREAM || (each.type <= 1 && (each.flags & 1) === 1)).length >= count;

test("serveHttp2() answers fetch's HTTP/2: numbers, bytes beyond the windows, many at once, and 404", async () => {
  await using server = served();
  using client = clientOf();
  const all = await Promise.all(
    Array.from({ length: 150 }, async (_, n) => (await fetch(`${server.url}${n}`, { client })).text()),
  );
  assertEquals(all, Array.from({ length: 150 }, (_, n) => String(n)));
  const body = await (await fetch(`${server.url}7?numbytes=3000000&seed=2`, { client })).bytes();
  assertEquals(body.length, 3_000_000);
  assertEquals(body.subarray(2_999_000), content(contentKey("7", 2), 2_999_000, 1_000));
  const unknown = await fetch(`${server.url}a/b`, { client });
  assertEquals([unknown.status, await unknown.text()], [404, ""]);
});

test("serveHttp2() reads request bodies through a tiny window", async () => {
  await using server = served({ window: 10 });
  using client = clientOf();
  const response = await fetch(`${server.url}7`, { method: "POST", body: "x".repeat(500), client });
  assertEquals(await response.text(), "7");
});

test("goawayAfter answers up to that stream, then ends the connection", async () => {
  await using server = served({ goawayAfter: 2 });
  const seen = await frames(server.url, ["/1", "/2", "/3"], () => false);
  const [goaway] = of(seen, TYPE.GOAWAY);
  assertEquals([...goaway.payload], [...uint32(3), ...uint32(0)]);
  assertEquals(of(seen, TYPE.DATA).map(({ stream }) => stream), [1, 3]);
});

test("resetEvery breaks every nth stream off after half of its body", async () => {
  await using server = served({ resetEvery: 2 });
  const seen = await frames(server.url, ["/1234", "/5678", "/1234"], ended(3));
  assertEquals(of(seen, TYPE.RST_STREAM).map(({ stream, payload }) => [stream, [...payload]]), [[3, uint32(2)]]);
  const data = of(seen, TYPE.DATA).map(({ stream, payload }) => [stream, new TextDecoder().decode(payload)]);
  assertEquals(data.toSorted(), [[1, "1234"], [3, "56"], [5, "1234"]]);
});

test("maxStreams refuses one above; maxStreamsEvery changes what it says", async () => {
  await using server = served({ maxStreams: 2, delay: 20 });
  const seen = await frames(server.url, ["/1", "/2", "/3"], ended(3));
  assertEquals(of(seen, TYPE.RST_STREAM).map(({ stream, payload }) => [stream, payload[3]]), [[5, 7]]);
  await using other = served({ maxStreamsEvery: 1, maxStreams: 50 });
  const said = of(await frames(other.url, ["/1", "/2"], ended(2)), TYPE.SETTINGS)
    .filter(({ flags, payload }) => flags === 0 && payload[1] === 3).map(({ payload }) => payload[5]);
  assertEquals(said, [1, 50]);
});

test("frameSize cuts bodies into small frames; a client's small window is kept to", async () => {
  await using server = served({ frameSize: 2 });
  const seen = await frames(server.url, ["/12345"], ended(1));
  assertEquals(of(seen, TYPE.DATA).map(({ payload }) => payload.length), [2, 2, 1]);
  const small = await frames(
    server.url,
    ["/12345"],
    (all) => of(all, TYPE.DATA).length === 2,
    settings({ INITIAL_WINDOW_SIZE: 3 }),
  );
  assertEquals(of(small, TYPE.DATA).map(({ payload }) => payload.length), [2, 1]);
});

for (const flood of ["ping", "settings"] as const) {
  test(`flood ${flood} sends a thousand with each request, and the answer`, async () => {
    await using server = served({ flood });
    const seen = await frames(server.url, ["/1"], ended(1));
    assert(of(seen, flood === "ping" ? TYPE.PING : TYPE.SETTINGS).length >= 1_000);
    assertEquals(of(seen, TYPE.DATA).length, 1);
  });
}

test("serveHttp2() leaves a client that speaks no HTTP/2 or no HPACK", async () => {
  await using server = served();
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
  await socket.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n".padEnd(100)));
  const buffer = new Uint8Array(1_000);
  while (await socket.read(buffer).catch(() => null) !== null);
  using client = clientOf();
  assertEquals(await (await fetch(`${server.url}5`, { client })).text(), "5");
  using http1 = Deno.createHttpClient({ http2: false });
  await assertRejects(() => fetch(`${server.url}5`, { client: http1 }));
});

test("HeaderReader remembers what a client puts into the dynamic table, and drops what doesn't fit", () => {
  const reader = new HeaderReader();
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  assertEquals(reader.read(Uint8Array.from([0x44, ...text("/a")])).get(":path"), "/a");
  assertEquals(reader.read(Uint8Array.from([0x80 | 62])).get(":path"), "/a");
  assertEquals(reader.read(Uint8Array.from([0x44, ...text("/b"), 0x80 | 63])).get(":path"), "/a");
  let error: unknown;
  try {
    reader.read(Uint8Array.from([0x20, 0x80 | 62]));
  } catch (caught) {
    error = caught;
  }
  assertEquals(String(error), "HpackError: index 62 is in no table");
});

test("serveHttp2() outlives frames of the wrong size, and says so", async () => {
  await using server = served();
  const malformed = [
    frame(TYPE.WINDOW_UPDATE, 0, 0, [1]),
    frame(TYPE.SETTINGS, 0, 0, [1, 2, 3]),
    frame(TYPE.HEADERS, 0x4 | 0x8, 1),
    frame(TYPE.HEADERS, 0x4 | 0x8, 1, [200, 0x82]),
  ];
  for (const first of malformed) {
    const seen = await frames(server.url, [], (all) => of(all, TYPE.GOAWAY).length > 0, first);
    assertEquals(of(seen, TYPE.GOAWAY).length, 1);
  }
  assertEquals(ended(1)(await frames(server.url, ["/5"], ended(1))), true);
});
