/** WARC files: what they have is what was sent, and programs of others read it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
// @ts-types="../../types/warcio.d.ts"
import { WARCParser } from "warcio";
import { async } from "../../async.ts";
import type { Program } from "../../bench/programs.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";
import { testWith } from "../helpers/programs.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const WARCIO: Program = { name: "warcio (Python)", version: ["warcio", "--version"], install: [] };

const LARGE = "0123456789".repeat(300_000);

/** A record, as it is in the file. */
interface ReadRecord {
  fields: Record<string, string>;
  block: string;
}

/** Reads records, and throws where one isn't as the standard says, or not as its digests say. */
function readWarc(path: string): ReadRecord[] {
  let rest = gunzipSync(Deno.readFileSync(path)).toString("latin1");
  const records: ReadRecord[] = [];
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n") + 4;
    const [version, ...lines] = rest.slice(0, end - 4).split("\r\n");
    if (version !== "WARC/1.1") throw new Error(`${path} has ${version} where a record should begin`);
    const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
    const length = Number(fields["Content-Length"]);
    const block = rest.slice(end, end + length);
    if (rest.slice(end + length, end + length + 4) !== "\r\n\r\n") throw new Error(`${path} has no end of a record`);
    rest = rest.slice(end + length + 4);
    assertEquals(fields["WARC-Block-Digest"], sha1(block));
    if (fields["WARC-Payload-Digest"]) {
      assertEquals(fields["WARC-Payload-Digest"], sha1(block.slice(block.indexOf("\r\n\r\n") + 4)));
    }
    records.push({ fields, block });
  }
  return records;
}

/** Base32 by way of numbers. */
function sha1(text: string): string {
  const bits = BigInt(`0x${createHash("sha1").update(text, "latin1").digest("hex")}`).toString(32).padStart(32, "0");
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `sha1:${[...bits].map((digit) => digits[parseInt(digit, 32)]).join("")}`;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}

function startServer(): CountingServer {
  return new CountingServer({
    async answer(path, _, request) {
      if (path === "/old") return Response.redirect(new URL("/new", request.url), 302);
      if (path === "/chunked") return new Response(new Blob(["in ", "chunks"]).stream());
      if (path === "/large") return new Response(LARGE, { headers: { etag: '"1"' } });
      if (path === "/bad") return new Response("no", { status: 404 });
      if (path === "/packed") {
        return new Response(await gzipped("packed"), { headers: { "content-encoding": "gzip" } });
      }
      return new Response(`this is ${path}`, { headers: { "set-cookie": "a=b", "x-of": path } });
    },
  });
}

const PATHS = ["/plain", "/old", "/chunked", "/large", "/packed", "/bad", "/more"];

/** Gets all of it, as an archive. */
async function archive(folder: string, url: string, strategy = own, options: StrategyOptions = {}) {
  const outcomes: Outcome[] = [];
  const source = PATHS.map((path) => ({ url: url + path }));
  await strategy(source, (outcome) => outcomes.push(outcome), {
    ...{
      output: folder,
      outputFormat: "warc",
      retries: 0,
      headers: { authorization: "Bearer 123", "x-api-key": "123", "accept-language": "eo" },
    },
    ...options,
  });
  return outcomes;
}

const byUrl = (records: readonly ReadRecord[], type: string, url: string) =>
  records.filter(({ fields }) => fields["WARC-Type"] === type && fields["WARC-Target-URI"] === url);

for (
  const [how, strategy, protocol] of [
    ["HTTP/1.1", own, "http/1.1"],
    ["HTTP/2", ownOverHttp2, "h2"],
    ["fetch", async, undefined],
  ] as const
) {
  test(`a WARC file has requests and responses as they were sent, over ${how}`, () =>
    inFolder(async (folder) => {
      await using server = startServer();
      const { url } = server;
      const outcomes = await archive(folder, url, strategy);
      assertEquals(outcomes.filter(({ result }) => result === "failed").map((each) => each.status), [404]);
      for (const outcome of outcomes) if (outcome.result === "done") assertEquals(outcome.file, "00000.warc.gz");
      const records = readWarc(`${folder}/00000.warc.gz`);
      assertEquals(records[0].fields["WARC-Type"], "warcinfo");
      assertEquals(records[0].fields["WARC-Filename"], "00000.warc.gz");
      const [plain] = byUrl(records, "response", `${url}/plain`);
      assertMatch(
        plain.block,
        /^HTTP\/1\.1 200 (?:OK)?\r\n(?:.*\r\n)*x-of: \/plain\r\n(?:.*\r\n)*\r\nthis is \/plain$/i,
      );
      assertMatch(plain.block, /^set-cookie: a=b\r$/im);
      assertEquals(plain.fields["WARC-Protocol"], protocol);
      assertEquals(plain.fields["Content-Type"], "application/http; msgtype=response");
      const [asked] = byUrl(records, "request", `${url}/plain`);
      assertMatch(
        asked.block,
        /^GET \/plain HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n(?:.*\r\n)*accept-language: eo\r\n(?:.*\r\n)*\r\n$/,
      );
      assertMatch(asked.block, /^accept-encoding: identity\r$/m);
      assert(!asked.block.includes("123"), "a password goes nowhere");
      assertEquals(asked.fields["WARC-Concurrent-To"], plain.fields["WARC-Record-ID"]);
      const [chunked] = byUrl(records, "response", `${url}/chunked`);
      assertMatch(chunked.block, /\r\n\r\nin chunks$/);
      assert(!/^transfer-encoding:/im.test(chunked.block));
      const [packed] = byUrl(records, "response", `${url}/packed`);
      assertMatch(packed.block, /^content-encoding: gzip\r$/im);
      const bytes = Uint8Array.from(
        packed.block.split("\r\n\r\n", 2)[0].length + 4 < packed.block.length
          ? packed.block.slice(packed.block.indexOf("\r\n\r\n") + 4)
          : "",
        (character) => character.charCodeAt(0),
      );
      assertEquals(new TextDecoder().decode(gunzipSync(bytes)), "packed");
      const [large] = byUrl(records, "response", `${url}/large`);
      assert(large.block.endsWith(`\r\n\r\n${LARGE}`));
      const [old] = byUrl(records, "response", `${url}/old`);
      assertMatch(old.block, /^HTTP\/1\.1 302 .*\r\n(?:.*\r\n)*location: .*\/new\r\n(?:.*\r\n)*\r\n$/i);
      assertMatch(byUrl(records, "response", `${url}/new`)[0].block, /\r\n\r\nthis is \/new$/);
      assertEquals(byUrl(records, "response", `${url}/bad`), []);
      assertEquals(records.length, 1 + 2 * (PATHS.length - 1 + 1));
      const again = await archive(folder, url, strategy);
      assertEquals(again.filter(({ result }) => result === "skipped").length, PATHS.length - 1);
      assertEquals([...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name), [
        "00000.warc.gz",
      ]);
    }));
}

test("a WARC file has the head of an answer as it came, byte by byte", () =>
  inFolder(async (folder) => {
    const head = "HTTP/1.1 200 Fine, thanks\r\nX-Odd:   spaced  \r\nx-ODD: tw\xf6\r\nContent-Length: 2\r\n\r\n";
    await using server = await RawServer.start((socket) => socket.end(`${head}ok`, "latin1"));
    await own([`${server.url}/a`], () => {}, { output: folder, outputFormat: "warc" });
    const [response] = byUrl(readWarc(`${folder}/00000.warc.gz`), "response", `${server.url}/a`);
    assertEquals(response.block, `${head}ok`);
  }));

test("a URL of a list writes nothing into an archive but a URL", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const url = `${server.url}/a\r\nWARC-Type: warcinfo\r\n\r\nü b#part`;
    const outcomes: Outcome[] = [];
    await own([{ url }], (outcome) => outcomes.push(outcome), { output: folder, outputFormat: "warc" });
    assertEquals(outcomes.map(({ result }) => result), ["done"]);
    const records = readWarc(`${folder}/00000.warc.gz`);
    assertEquals(records.map(({ fields }) => fields["WARC-Type"]), ["warcinfo", "response", "request"]);
    const asked = "/aWARC-Type:%20warcinfo%C3%BC%20b";
    assertEquals(records[1].fields["WARC-Target-URI"], server.url + asked);
    assert(records[2].block.startsWith(`GET ${asked} HTTP/1.1\r\n`));
  }));

test("an archive of a run with a limit of bytes per second, and of several shards, is one like any other", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    await archive(folder, server.url, own, { limitRate: 1e9, shardSize: 700, concurrency: 1 });
    const shards = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
    assert(shards.length > 2);
    let responses = 0;
    for (const shard of shards) {
      const records = readWarc(`${folder}/${shard}`);
      assertEquals(records[0].fields["WARC-Filename"], shard);
      for (const { fields } of records.slice(1)) {
        assertEquals(fields["WARC-Warcinfo-ID"], records[0].fields["WARC-Record-ID"]);
      }
      responses += records.filter(({ fields }) => fields["WARC-Type"] === "response").length;
    }
    assertEquals(responses, PATHS.length);
  }));

test("an archive whose run is killed again and again has each response once, and all of them whole", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const paths = Array.from({ length: 300 }, (_, n) => n % 100 === 7 ? `/large?${n}` : `/${n}`);
    const urls = paths.map((path) => server.url + path);
    Deno.writeTextFileSync(`${folder}/list.txt`, urls.join("\n"));
    const start = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", new URL("../../download.ts", import.meta.url).pathname, "--quiet"]
          .concat(
            "-i",
            `${folder}/list.txt`,
            "-o",
            `${folder}/files`,
            "--output-format",
            "warc",
            "--shard-size",
            "50KB",
          ),
        stdout: "null",
        stderr: "null",
      }).spawn();
    const answered = () => server.counts().reduce((sum, count) => sum + count, 0);
    for (let kills = 0; kills < 3; kills++) {
      const child = start();
      let isOver = false;
      const ended = child.status.finally(() => isOver = true);
      const most = answered() + Math.random() * 120;
      while (answered() < most && !isOver) await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already
      }
      await ended;
    }
    assertEquals((await start().status).code, 0);
    const shards = [...Deno.readDirSync(`${folder}/files`)].filter(({ isFile }) => isFile).map(({ name }) => name);
    assert(shards.length > 1);
    const responses = shards.flatMap((shard) => readWarc(`${folder}/files/${shard}`))
      .filter(({ fields }) => fields["WARC-Type"] === "response");
    assertEquals(responses.map(({ fields }) => fields["WARC-Target-URI"]).sort(), urls.toSorted());
    for (const { block, fields } of responses) {
      const { pathname } = new URL(fields["WARC-Target-URI"]);
      assert(block.endsWith(`\r\n\r\n${pathname === "/large" ? LARGE : `this is ${pathname}`}`));
    }
  }));

test("WARC files are read by warcio.js, and their bodies unpacked", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const { url } = server;
    const bodies = {
      plain: "this is /plain",
      new: "this is /new",
      chunked: "in chunks",
      large: LARGE,
      packed: "packed",
    };
    for (const strategy of [own, ownOverHttp2, async]) {
      const output = `${folder}/${strategy.title}`;
      await archive(output, url, strategy);
      const file = await Deno.open(`${output}/00000.warc.gz`);
      const found = new Map<string, string>();
      const types: (string | null)[] = [];
      for await (const record of WARCParser.iterRecords(file.readable, { strictHeaders: true })) {
        types.push(record.warcType);
        const text = await record.contentText();
        assertEquals(record.warcHeaders.statusline, "WARC/1.1");
        if (record.warcType === "response") {
          assertEquals(Number(record.httpHeaders?.statusCode), record.warcTargetURI === `${url}/old` ? 302 : 200);
          found.set(String(record.warcTargetURI), text);
        }
      }
      assertEquals(types, ["warcinfo", ...Array(PATHS.length).fill(["response", "request"]).flat()]);
      for (const [path, body] of Object.entries(bodies)) assert(found.get(`${url}/${path}`) === body, path);
    }
  }));

await testWith(
  [WARCIO],
  "WARC files pass the check of warcio, and it finds each record",
  () =>
    inFolder(async (folder) => {
      await using server = startServer();
      for (const strategy of [own, ownOverHttp2, async]) {
        const output = `${folder}/${strategy.title}`;
        await archive(output, server.url, strategy);
        const check = await new Deno.Command("warcio", { args: ["check", "-v", `${output}/00000.warc.gz`] }).output();
        const said = new TextDecoder().decode(check.stdout) + new TextDecoder().decode(check.stderr);
        assertEquals([check.code, said.match(/digest pass/g)?.length], [0, said.match(/offset/g)?.length], said);
        const index = await new Deno.Command("warcio", {
          args: ["index", "-f", "warc-type,http:status", `${output}/00000.warc.gz`],
        }).output();
        const lines = new TextDecoder().decode(index.stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
        const statuses = lines.filter((line) => line["warc-type"] === "response").map((line) => line["http:status"]);
        assertEquals(statuses.sort(), ["200", "200", "200", "200", "200", "200", "302"]);
      }
    }),
);
