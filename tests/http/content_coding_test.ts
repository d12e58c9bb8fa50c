/** Packed bodies, from a server to a file: right or failed, by fetch and over connections of our own. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { async } from "../../async.ts";
import type { Item } from "../../lib/core/source.ts";
import { codingOfName, codingOfUrl, codingsOf } from "../../lib/http/content_coding.ts";
import type { FailureKind, Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env");

/** The ways a file is fetched: by `fetch`, and over connections of our own. */
const WAYS = [async, own, ownOverHttp2];

const gzip = (text: string) => zlib.gzipSync(text);
const brotli = (text: string) => zlib.brotliCompressSync(text);

/** Downloads into a new folder, and says what came of each: the file's bytes, as Latin-1, or why there is none. */
async function save(strategy: Strategy, urls: Item[], options: StrategyOptions = {}) {
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    await strategy(urls, (outcome) => outcomes.push(outcome), { retries: 0, backoffMs: 1, ...options, output });
    outcomes.sort((a, b) => a.id - b.id);
    const ends = outcomes.map((outcome) => {
      if (outcome.result === "failed") return { kind: outcome.kind, message: outcome.message };
      assert(outcome.result === "done" && outcome.file !== undefined);
      const bytes = Deno.readFileSync(`${output}/${outcome.file}`);
      assertEquals(outcome.size, bytes.length);
      return { file: outcome.file, text: Buffer.from(bytes).toString("latin1") };
    });
    const left = [...Deno.readDirSync(output)].filter(({ isFile }) => isFile).length;
    assertEquals(left, ends.filter(({ file }) => file !== undefined).length, "only what is done has a name");
    return ends;
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

/** A server that answers each path with a body in a coding, in chunks or with its length. */
function packedServer(answers: Record<string, [coding: string, body: Uint8Array, more?: Record<string, string>]>) {
  const asked: string[] = [];
  const server = new CountingServer({
    answer(path, _nth, request) {
      asked.push(request.headers.get("accept-encoding") ?? "");
      const [coding, body, more] = answers[path];
      const headers = { "content-encoding": coding, ...more };
      const bytes = new Uint8Array(body);
      return new Response(path.includes("chunked") ? new Blob([bytes]).stream() : bytes, { headers });
    },
  });
  return { server, asked, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const zeros = Buffer.alloc(50);
const right: [name: string, coding: string, body: Uint8Array, text: string][] = [
  ["gzip of several members", "gzip", Buffer.concat([gzip("one "), gzip("two "), gzip("three")]), "one two three"],
  ["gzip with zeros after it", "gzip", Buffer.concat([gzip("hello"), zeros]), "hello"],
  ["x-gzip", "x-gzip", gzip("hello"), "hello"],
  ["GZIP", "GZIP", gzip("hello"), "hello"],
  ["gzip, identity", "gzip, identity", gzip("hello"), "hello"],
  ["identity", "identity", Buffer.from("hello"), "hello"],
  ["gzip twice", "gzip, gzip", zlib.gzipSync(gzip("hello")), "hello"],
  ["gzip in Brotli", "gzip, br", zlib.brotliCompressSync(gzip("hello")), "hello"],
  ["Brotli", "br", brotli("hello"), "hello"],
  ["Zstandard", "zstd", zlib.zstdCompressSync("hello"), "hello"],
  ["deflate", "deflate", zlib.deflateSync("hello"), "hello"],
  ["deflate without zlib's frame", "deflate", zlib.deflateRawSync("hello"), "hello"],
  ["nothing in gzip", "gzip", new Uint8Array(), ""],
  ["nothing in Brotli", "br", new Uint8Array(), ""],
];
const wrong: [name: string, coding: string, body: Uint8Array, kind: FailureKind][] = [
  ["gzip that is cut short", "gzip", gzip("hello").subarray(0, -1), "truncated"],
  ["gzip whose second member is cut short", "gzip", Buffer.concat([gzip("a"), gzip("b").subarray(0, -1)]), "truncated"],
  ["Brotli that is cut short", "br", brotli("hello").subarray(0, -1), "truncated"],
  ["Zstandard that is cut short", "zstd", zlib.zstdCompressSync("hello").subarray(0, -1), "truncated"],
  ["deflate that is cut short", "deflate", zlib.deflateSync("hello").subarray(0, -1), "truncated"],
  ["gzip with garbage after it", "gzip", Buffer.concat([gzip("hello"), Buffer.from("garbage")]), "protocol"],
  ["Brotli with garbage after it", "br", Buffer.concat([brotli("hello"), Buffer.from("garbage")]), "protocol"],
  ["what isn't gzip", "gzip", Buffer.from("<html>hello</html>"), "protocol"],
  ["a coding that nobody knows", "rot13", Buffer.from("uryyb"), "unsupported-encoding"],
  ["gzip in a coding that nobody knows", "gzip, rot13", gzip("hello"), "unsupported-encoding"],
  ["gzip six times", Array(6).fill("gzip").join(), gzip("hello"), "unsupported-encoding"],
];
const cases = [...right, ...wrong].flatMap(([, coding, body], i) =>
  ["", "chunked"].map((way) => [`/${way}${i}`, [coding, body] as [string, Uint8Array]] as const)
);

for (const strategy of WAYS) {
  const testOverHttp1 = strategy === ownOverHttp2 ? () => {} : test; // with servers of bare HTTP/1.1
  test(`what comes packed is saved whole or not at all, asked for or not, with ${strategy.title}()`, async () => {
    await using server = packedServer(Object.fromEntries(cases));
    const ends = await save(strategy, cases.map(([path]) => server.url + path));
    for (const [i, [name, , , text]] of right.entries()) {
      for (const end of ends.slice(2 * i, 2 * i + 2)) assertEquals(end.text ?? end, text, name);
    }
    for (const [i, [name, , , kind]] of wrong.entries()) {
      for (const end of ends.slice(2 * (right.length + i)).slice(0, 2)) assertEquals(end.kind ?? end, kind, name);
    }
    const asked = strategy !== async ? "gzip, br" : "identity";
    assertEquals(new Set(server.asked), new Set([asked]));
  });

  test(`raw saves what is packed as it is sent, whatever its coding, with ${strategy.title}()`, async () => {
    await using server = packedServer(Object.fromEntries(cases));
    const ends = await save(strategy, cases.map(([path]) => server.url + path), { raw: true });
    assertEquals(ends.map(({ text }) => text), cases.map(([, [, body]]) => Buffer.from(body).toString("latin1")));
    assertEquals(new Set(server.asked), new Set(["identity"]));
  });

  test(`an accept-encoding of one's own is sent, and what comes is unpacked all the same, with ${strategy.title}()`, async () => {
    const two = Buffer.concat([gzip("one "), gzip("two")]);
    await using server = packedServer({ "/a": ["gzip", two], "/b": ["gzip", two] });
    const headers = { "Accept-Encoding": "gzip" };
    const urls = [`${server.url}/a`, { url: `${server.url}/b`, headers: { "accept-encoding": "gzip;q=0.5" } }];
    const ends = await save(strategy, urls, { headers });
    assertEquals(ends.map(({ text }) => text), ["one two", "one two"]);
    const prefix = strategy !== async ? "" : "identity, ";
    assertEquals(server.asked.sort(), [`${prefix}gzip`, `${prefix}gzip;q=0.5`]);
    const raw = await save(strategy, [`${server.url}/a`], { headers, raw: true });
    assertEquals(raw[0].text, two.toString("latin1"));
  });

  test(`a name that says how a file is packed keeps it packed, with ${strategy.title}()`, async () => {
    const tar = gzip("a tar");
    const latin1 = tar.toString("latin1");
    await using server = packedServer({
      "/a.tar.gz": ["x-gzip", tar],
      "/chunked/b.TGZ": ["gzip", tar],
      "/c.gz": ["gzip, br", zlib.brotliCompressSync(tar)],
      "/d.br": ["br", brotli("hello")],
      "/e.zst": ["zstd", zlib.zstdCompressSync("hello")],
      "/f.Z": ["x-compress", Buffer.from("hello")],
      "/g": ["gzip", tar, { "content-disposition": 'attachment; filename="g.tar.gz"' }],
      "/h?x=.gz": ["gzip", gzip("hello")],
      "/h": ["gzip", gzip("hello")],
      "/i.gz": ["br", brotli("hello")],
      "/j.gz": ["gzip", gzip("hello")],
    });
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(tar))).toHex();
    const ends = await save(strategy, [
      { url: `${server.url}/a.tar.gz`, sha256 },
      ...["/chunked/b.TGZ", "/c.gz", "/d.br", "/e.zst", "/f.Z", "/g", "/h?x=.gz", "/i.gz"].map((path) =>
        server.url + path
      ),
      { url: `${server.url}/j.gz`, name: "j.txt" },
    ], { concurrency: 1 });
    assertEquals(ends, [
      { file: "a.tar.gz", text: latin1 },
      { file: "b.TGZ", text: latin1 },
      { file: "c.gz", text: latin1 },
      { file: "d.br", text: brotli("hello").toString("latin1") },
      { file: "e.zst", text: zlib.zstdCompressSync("hello").toString("latin1") },
      { file: "f.Z", text: "hello" },
      { file: "g.tar.gz", text: latin1 },
      { file: "h", text: "hello" },
      { file: "i.gz", text: "hello" },
      { file: "j.txt", text: "hello" },
    ]);
    // A name that says so before there is a response: then nothing is asked for that a server packs on the fly
    const asked = ["identity", "identity", "identity", "identity", "identity", "identity"];
    const later = ["gzip, br", "identity", "gzip, br", "identity", "gzip, br"];
    assertEquals(server.asked, strategy !== async ? [...asked, ...later] : Array(10).fill("identity"));
  });

  test(`what a name says counts at the end of redirects, too, with ${strategy.title}()`, async () => {
    const tar = gzip("a tar");
    await using server = new CountingServer({
      answer: (path) =>
        path === "/latest"
          ? new Response(null, { status: 302, headers: { location: "/a.tar.gz" } })
          : new Response(new Uint8Array(tar), { headers: { "content-encoding": "x-gzip" } }),
    });
    assertEquals((await save(strategy, [`${server.url}/latest`]))[0].text, tar.toString("latin1"));
  });

  test(`a packed answer is a page, too, with ${strategy.title}()`, async () => {
    await using server = packedServer({ "/0": ["gzip", gzip("0")], "/1": ["br", brotli("1").subarray(0, -1)] });
    const ends = await save(strategy, [0, 1].map((n) => ({ url: `${server.url}/${n}`, expected: n })));
    assertEquals(ends.map(({ text, kind }) => text ?? kind), ["0", "truncated"]);
  });

  testOverHttp1(
    `a file that keeps its coding is continued, but only by the same coding, with ${strategy.title}()`,
    async () => {
      const body = new Uint8Array(3_000_000).map((_, i) => i * i >> 5);
      const text = Buffer.from(body).toString("latin1");
      const HEAD = 'etag: "1"\r\naccept-ranges: bytes\r\nconnection: close\r\n';
      const asked: string[] = [];
      await using server = await RawServer.start((socket, received) => {
        const request = new TextDecoder().decode(received);
        const path = request.split(" ")[1];
        const from = /^range: bytes=(\d+)-/mi.exec(request)?.[1];
        const isFirst = !asked.some((each) => each.startsWith(path));
        asked.push(from === undefined ? path : `${path} from ${from}`);
        const part = body.subarray(Number(from ?? 0), isFirst ? 2_000_000 : undefined);
        const status = from === undefined ? "200 OK" : `206 Part\r\ncontent-range: bytes ${from}-2999999/3000000`;
        const coding = path === "/b.gz" && from !== undefined ? "" : "content-encoding: x-gzip\r\n";
        const length = isFirst ? body.length : part.length;
        socket.write(`HTTP/1.1 ${status}\r\n${HEAD}${coding}content-length: ${length}\r\n\r\n`);
        socket.end(part);
      });
      const urls = [`${server.url}/a.gz`, `${server.url}/b.gz`];
      const ends = await save(strategy, urls, { retries: 2, concurrency: 1 });
      assertEquals(ends.map((end) => end.text === text), [true, true], JSON.stringify(ends.map(({ kind }) => kind)));
      const once = asked.filter((each) => each.includes("a.gz")).map((each) => each.replace(/\d+$/, "somewhere"));
      assertEquals(once, ["/a.gz", "/a.gz from somewhere"]);
      const again = asked.filter((each) => each.includes("b.gz")).map((each) => each.replace(/\d+$/, "somewhere"));
      assertEquals(again, ["/b.gz", "/b.gz from somewhere", "/b.gz"]);
    },
  );

  test(`the body of an error or a redirect isn't unpacked, with ${strategy.title}()`, async () => {
    const bomb = zlib.brotliCompressSync(Buffer.alloc(2 ** 24), {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 },
    });
    const headers = { "content-encoding": "br" };
    await using server = new CountingServer({
      answer(path) {
        if (path === "/to") {
          return new Response(new Uint8Array(bomb), { status: 302, headers: { ...headers, location: "/404" } });
        }
        return new Response(new Uint8Array(bomb.subarray(0, -1)), { status: 404, headers });
      },
    });
    const ends = await save(strategy, [`${server.url}/404`, `${server.url}/to`]);
    assertEquals(ends.map(({ kind }) => kind), ["status", "status"]);
  });

  test(`maxFilesize fails what is larger, announced or not, packed or not, with ${strategy.title}()`, async () => {
    const large = new Uint8Array(200_000);
    let sent = 0;
    const endless = () =>
      new ReadableStream({ pull: (controller) => (sent++, controller.enqueue(new Uint8Array(65_536))) });
    await using server = new CountingServer({
      answer(path) {
        if (path === "/endless") return new Response(endless());
        if (path === "/announced") return new Response(endless(), { headers: { "content-length": "1000000000000" } });
        if (path === "/small") return new Response(new Uint8Array(10_001));
        if (path === "/packed") {
          return new Response(new Uint8Array(zlib.gzipSync(large)), { headers: { "content-encoding": "gzip" } });
        }
        return new Response(new Uint8Array(10_000)); // just right
      },
    });
    const paths = ["/endless", "/announced", "/small", "/packed", "/right"];
    const urls = paths.map((path) => server.url + path);
    const ends = await save(strategy, urls, { maxFilesize: 10_000, retries: 3 });
    assertEquals(ends.map(({ kind, file }) => kind ?? file), [...Array(4).fill("too-large"), "right"]);
    assertEquals(
      ends[1].message,
      "the server announces 1,000,000,000,000 bytes, more than the 10,000 that a file may have (--max-filesize)",
    );
    assertEquals(server.counts(), [1, 1, 1, 1, 1], "tried once each: it doesn't pass by itself");
    assert(sent < 1_000, `${sent} pieces were sent`);

    const outcomes: Outcome[] = [];
    await strategy(urls, (outcome) => outcomes.push(outcome), { maxFilesize: 10_000, retries: 0 });
    outcomes.sort((a, b) => a.id - b.id);
    assertEquals(outcomes.map((outcome) => outcome.result === "failed" ? outcome.kind : outcome.result), [
      ...Array(4).fill("too-large"),
      "done",
    ]);
  });

  testOverHttp1(
    `others go on while a bomb is unpacked, and a deadline or an abort ends it, with ${strategy.title}()`,
    async () => {
      const member = zlib.gzipSync(Buffer.alloc(2 ** 24));
      const bomb = Buffer.concat(Array(200).fill(zlib.gzipSync(Buffer.concat(Array(64).fill(member))))); // 200 GB
      await using server = await RawServer.start((socket, received) => {
        const isBomb = new TextDecoder().decode(received).includes("/bomb");
        const body = isBomb ? bomb : Buffer.from("hello");
        const coding = isBomb ? "content-encoding: gzip, gzip\r\n" : "";
        socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n${coding}content-length: ${body.length}\r\n\r\n`);
        socket.end(body);
      });
      const aborter = new AbortController();
      const ends: string[] = [];
      const urls = [`${server.url}/bomb`, ...Array.from({ length: 20 }, (_, i) => `${server.url}/${i}`)];
      await strategy(urls, (outcome) => {
        ends.push(outcome.result === "failed" ? outcome.kind : outcome.result);
        if (ends.length === 20) aborter.abort();
      }, { retries: 0, signal: aborter.signal });
      assertEquals(ends, [...Array(20).fill("done"), "aborted"]);

      const outcomes: Outcome[] = [];
      await strategy([urls[0]], (outcome) => outcomes.push(outcome), { timeoutMs: 1_000, retries: 0 });
      const [outcome] = outcomes;
      assertEquals([outcome.result, outcome.result === "failed" && outcome.kind], ["failed", "timeout"]);
    },
  );
}

test("--max-filesize takes a size with its unit, and what is larger fails by its kind", async () => {
  await using server = new CountingServer({ answer: (path) => new Response(new Uint8Array(Number(path.slice(1)))) });
  const script = new URL("../../optimized.ts", import.meta.url).pathname;
  const output = await Deno.makeTempDir();
  try {
    const list = `${output}/list.txt`;
    await Deno.writeTextFile(list, `${server.url}/10000\n${server.url}/10001\n`);
    const args = [
      "run",
      "-A",
      script,
      "--input",
      list,
      "--output",
      `${output}/files`,
      "--max-filesize",
      "10KB",
      "--quiet",
    ];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 1);
    assertMatch(said, /downloaded 1 of 2 files \(10\.0 KB\)/);
    assertMatch(said, /1 failed \(too-large\), for example \S+\/10001: the server announces 10,001 bytes, more than/);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

test("codingsOf() reads Content-Encoding, in whatever case and with whatever is empty in it", () => {
  const read = (value: string) => codingsOf(new Headers({ "content-encoding": value }));
  assertEquals(read("X-Gzip ,, BR,identity"), ["gzip", "br"]);
  assertEquals(read("Identity"), []);
  assertEquals(read(""), []);
  assertEquals(read("gzip;q=1"), ["gzip;q=1"]);
  assertEquals(codingsOf(new Headers()), []);
});

test("codingOfName() and codingOfUrl() know how a file is packed by its ending only", () => {
  assertEquals(["a.tar.gz", "a.TGZ", "a.gzip", "gz", "a.gz.txt", "b.br", "a.Z", "a.tar.zst"].map(codingOfName), [
    ...["gzip", "gzip", undefined, undefined, undefined, "br", "compress", "zstd"],
  ]);
  const urls = [
    "http://a/b.gz",
    "http://a/b.gz?c#d",
    "http://a/b?c=.gz",
    "http://a.br",
    "http://a.br?x",
    "http://a/.gz/",
  ];
  assertEquals(urls.map(codingOfUrl), ["gzip", "gzip", undefined, undefined, undefined, undefined]);
});
