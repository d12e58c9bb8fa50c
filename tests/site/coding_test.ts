import { assert, assertEquals, assertThrows } from "@std/assert";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { accepts, encode, type Encoding } from "../../site/coding.ts";
import { bomb } from "../../site/bomb.ts";
import { content, contentKey } from "../../site/content.ts";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

const bytesOf = (stream: ReadableStream<Uint8Array>) => new Response(stream as BodyInit).bytes();

async function coded(url: string, encoding: string, path = "7?numbytes=100000") {
  const query = `/${path}&encoding=${encoding}`;
  const { text } = await raw(url, get(query, "accept-encoding: *\r\nconnection: close\r\n"));
  const [head, body] = [text.slice(0, text.indexOf("\r\n\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)];
  return { token: /content-encoding: (.*)/.exec(head)?.[1], bytes: unchunk(body) };
}

function unchunk(text: string): Uint8Array {
  let all = "";
  for (let at = 0;;) {
    const end = text.indexOf("\r\n", at);
    const size = parseInt(text.slice(at, end), 16);
    if (size === 0) return Uint8Array.from(all, (character) => character.charCodeAt(0));
    all += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}

const RIGHT = content(contentKey("7", 0), 0, 100_000);

test("encoding codes a body as it says", async () => {
  await using site = serveSite();
  const decoders: Record<string, [token: string, decode: (bytes: Uint8Array) => Uint8Array]> = {
    gzip: ["gzip", gunzipSync],
    deflate: ["deflate", inflateSync],
    "deflate-raw": ["deflate", inflateRawSync],
    br: ["br", brotliDecompressSync],
    zstd: ["zstd", zstdDecompressSync],
    "gzip-members": ["gzip", gunzipSync],
    "gzip-not": ["gzip", (bytes) => bytes],
  };
  for (const [encoding, [token, decode]] of Object.entries(decoders)) {
    const answer = await coded(site.url, encoding);
    assertEquals([answer.token, new Uint8Array(decode(answer.bytes))], [token, RIGHT], encoding);
  }
});

test("encoding gzip-members sends several members, of the smallest bodies too", async () => {
  await using site = serveSite();
  for (const [path, whole] of [["7?numbytes=100000", RIGHT], ["7?numbytes=2", RIGHT.slice(0, 2)]] as const) {
    const { bytes } = await coded(site.url, "gzip-members", path);
    assertEquals(new Uint8Array(gunzipSync(bytes)), whole);
    // 1f 8b 08 00, and no date: the head of a member.
    const heads = [...bytes.keys()].filter((i) => bytes.subarray(i, i + 10).toHex() === "1f8b08000000000000ff");
    assert(heads.length >= 2);
  }
  assertEquals((await coded(site.url, "gzip-members", "7?numbytes=0")).bytes.length > 10, true);
});

test("encoding gzip-truncated, -bad-checksum and -trailing-garbage are wrong at the end only", async () => {
  await using site = serveSite();
  const { bytes } = await coded(site.url, "gzip");
  const garbage = (await coded(site.url, "gzip-trailing-garbage")).bytes;
  assertEquals(garbage.subarray(0, bytes.length), bytes);
  assert(garbage.length > bytes.length);
  const truncated = (await coded(site.url, "gzip-truncated")).bytes;
  assertEquals([truncated, truncated.length], [bytes.subarray(0, bytes.length - 9), bytes.length - 9]);
  assertThrows(() => gunzipSync(truncated));
  const bad = (await coded(site.url, "gzip-bad-checksum")).bytes;
  assertEquals([...bad.keys()].filter((i) => bad[i] !== bytes[i]), [bytes.length - 8]);
  assertThrows(() => gunzipSync(bad));
});

test("encoding is for those who accept it, encoding_forced for all", async () => {
  await using site = serveSite();
  const encoded = async (query: string, accepted: string) => {
    const { text } = await raw(site.url, get(`/7?${query}`, `accept-encoding: ${accepted}\r\nconnection: close\r\n`));
    return /content-encoding: (.*)\r\n/.exec(text)?.[1];
  };
  assertEquals(await encoded("encoding=br", "gzip, br;q=0.5"), "br");
  assertEquals(await encoded("encoding=br", "gzip, br;q=0"), undefined);
  assertEquals(await encoded("encoding=br&encoding_forced=true", "identity"), "br");
  assertEquals(await encoded("bomb=1", "identity"), undefined);
  const accept = (value: string) => accepts(new Headers({ "accept-encoding": value }), "gzip-members");
  assertEquals([accept("x-gzip"), accept("GZIP"), accept("gzip;q=0.0"), accept("*;q=0")], [true, true, false, false]);
});

test("a bomb is small, and unpacks to what it says, in gzip, br and zstd", async () => {
  for (
    const [encoding, decode, most] of [
      ["gzip", gunzipSync, 5_000],
      ["br", brotliDecompressSync, 100],
      ["zstd", zstdDecompressSync, 200],
    ] as const
  ) {
    const bytes = await bytesOf(bomb(encoding, 3));
    const zeros = new Uint8Array(decode(bytes));
    assertEquals([zeros.length, zeros.every((byte) => byte === 0), bytes.length < most], [3 * 2 ** 20, true, true]);
  }
});

test("a bomb of 16 GiB costs its client 17 MB of traffic, and this server no memory", async () => {
  await using site = serveSite();
  const before = Deno.memoryUsage().rss;
  const { bytes } = await coded(site.url, "br", "7?bomb=16384");
  assert(bytes.length < 300_000);
  const one = await bytesOf(bomb("gzip", 1));
  let length = 0;
  for await (const piece of bomb("gzip", 16_384)) length += piece.length;
  assert(length < one.length * 16_384);
  assert(Deno.memoryUsage().rss - before < 2 ** 27);
});

test("a coded body that its client leaves ends for the server", async () => {
  await using site = serveSite();
  for (const encoding of ["gzip", "br", "zstd", "gzip-members", "gzip-truncated"]) {
    const query = `/7?numbytes=100000000&rate=1000000&encoding_forced=true&encoding=${encoding}`;
    await raw(site.url, get(query), { until: (text) => text.includes("\r\n\r\n") });
  }
  while (site.stats.inFlight > 0) await raw(site.url, get("/stats"));
});

test("encode() passes on that a body broke off", async () => {
  for (const encoding of ["gzip", "br", "gzip-members", "gzip-bad-checksum"] as Encoding[]) {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(10));
        controller.error(new Error("broken"));
      },
    });
    const failed = await bytesOf(encode(encoding, broken)).then(() => false, () => true);
    assertEquals(failed, true, encoding);
  }
});
