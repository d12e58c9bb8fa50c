/** What becomes of a body that broke off, with servers that change it, say nothing of its version, or lie. */

import { assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { Item } from "../../lib/core/source.ts";
import { content } from "../../site/content.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { download as tool } from "../../download.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SIZE = 4_000_000;
const CUT = 3_000_000;

/** The body as it was, and as it is when it is asked for again: of the same length, and different throughout. */
const [OLD, NEW] = [content(1, 0, SIZE), content(2, 0, SIZE)];

const SUNDAY = "Sun, 06 Nov 1994 08:49:37 GMT";
const MONDAY = "Mon, 07 Nov 1994 08:49:37 GMT";
const NOW = "Wed, 01 Jan 2020 00:00:00 GMT";

/** An answer: its status, headers, and body. */
type Reply = [status: string, headers: Record<string, string>, body: Uint8Array];

/** Answers the nth request, from 1 on; `from` is where the range begins that is asked for, if one is. */
type Answers = (nth: number, from: number | undefined) => Reply;

/** Downloads one file, with as many attempts as it takes, from a server that says exactly what it is told to say. */
async function download(answers: Answers, download: Partial<Exclude<Item, string>> = {}, retries = 5) {
  const ranges: (number | undefined)[] = [];
  await using server = await RawServer.start((socket, received) => {
    const request = new TextDecoder().decode(received);
    const range = /^range: bytes=(\d+)-\r$/im.exec(request)?.[1];
    const from = range === undefined ? undefined : Number(range);
    ranges.push(from);
    const [status, headers, body] = answers(ranges.length, from);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\n${lines.join("")}\r\n`);
    socket.end(body);
  });
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    const list = [{ url: `${server.url}/file`, ...download }];
    await tool(list, (outcome) => outcomes.push(outcome), { output, backoffMs: 1, retries, workers: 1 });
    const [outcome] = outcomes;
    const saved = outcome.result === "done" ? Deno.readFileSync(`${output}/${outcome.file}`) : undefined;
    const left = [...Deno.readDirSync(`${output}/.download-stuff`)].map(({ name }) => name).sort();
    return { outcome, ranges, left, saved: saved && whichIs(saved) };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

/** What requests asked for. How much there was of a body depends on what a read that was cut off had brought. */
function shapeOf(ranges: (number | undefined)[]): string {
  return ranges.map((from) => from === undefined ? "whole" : from > 2 ** 20 && from < SIZE ? "rest" : `from ${from}`)
    .join(", ");
}

/** A diff of megabytes would take minutes. */
function whichIs(body: Uint8Array): string {
  const same = (other: Uint8Array) => body.length === other.length && body.every((byte, i) => byte === other[i]);
  return same(OLD) ? "old" : same(NEW) ? "new" : "mixed";
}

const whole = (body: Uint8Array, headers: Record<string, string>): Reply => [
  "200 OK",
  { "content-length": `${body.length}`, date: NOW, ...headers },
  body,
];

/** The rest of a body, however it is described. */
const rest = (body: Uint8Array, from: number, headers: Record<string, string> = {}): Reply => [
  "206 Partial Content",
  { "content-length": `${SIZE - from}`, "content-range": `bytes ${from}-${SIZE - 1}/${SIZE}`, date: NOW, ...headers },
  body.subarray(from),
];

/** Breaks off at first. */
const brokenOff = (headers: Record<string, string>): Reply => {
  const [status, all] = whole(OLD, headers);
  return [status, all, OLD.subarray(0, CUT)];
};

type HeadersOf = Record<string, string> | ((from: number) => Record<string, string>);

const tagged = (headers: (from: number) => Record<string, string>): HeadersOf => (from) => ({
  etag: '"1"',
  ...headers(from),
});
const range = (from: number, end: number, length: number) => ({ "content-range": `bytes ${from}-${end}/${length}` });

const LIES: [what: string, before: Record<string, string>, after: HeadersOf][] = [
  ["another ETag", { etag: '"1"' }, { etag: '"2"' }],
  ["a weak ETag", { etag: '"1"' }, { etag: 'W/"1"' }],
  ["no ETag any more", { etag: '"1"' }, {}],
  ["a date instead of an ETag", { etag: '"1"' }, { "last-modified": SUNDAY }],
  ["another date", { "last-modified": SUNDAY }, { "last-modified": MONDAY }],
  ["no date any more", { "last-modified": SUNDAY }, {}],
  ["an ETag where there was none", { "last-modified": SUNDAY }, { "last-modified": SUNDAY, etag: '"2"' }],
  ["another length", { etag: '"1"' }, tagged((from) => range(from, SIZE - 1, SIZE + 1))],
  ["another beginning", { etag: '"1"' }, tagged((from) => range(from - 1, SIZE - 1, SIZE))],
  ["another end", { etag: '"1"' }, tagged((from) => range(from, SIZE - 2, SIZE))],
  ["a length against its range", { etag: '"1"' }, tagged((from) => ({ "content-length": `${SIZE - from - 1}` }))],
  ["several parts", { etag: '"1"' }, { etag: '"1"', "content-type": "multipart/byteranges; boundary=x" }],
  ["an encoding", { etag: '"1"' }, { etag: '"1"', "content-encoding": "gzip" }],
];

for (const [what, before, after] of LIES) {
  test(`a part with ${what} is joined to nothing, and the body fetched from its beginning`, async () => {
    const { saved, ranges, left } = await download((nth, from) =>
      nth === 1
        ? brokenOff(before)
        : from === undefined
        ? whole(NEW, {})
        : rest(NEW, from, typeof after === "function" ? after(from) : after)
    );
    assertEquals([saved, shapeOf(ranges), left], ["new", "whole, rest, whole", ["journal", "lock"]]);
  });
}

test("a body with a weak ETag, or with a date that is too fresh, is never asked for in part", async () => {
  const cases: Record<string, string>[] = [
    { etag: 'W/"1"' },
    { "last-modified": NOW },
    { etag: 'W/"1"', "last-modified": SUNDAY },
  ];
  for (const headers of cases) {
    const { saved, ranges } = await download((nth) => nth === 1 ? brokenOff(headers) : whole(NEW, {}));
    assertEquals([saved, shapeOf(ranges)], ["new", "whole, whole"]);
  }
});

test("a body of the same strong validator is continued, also when the rest breaks off itself", async () => {
  for (const headers of [{ etag: '"1"' }, { "last-modified": SUNDAY }] as Record<string, string>[]) {
    const { saved, ranges } = await download((nth, from = 0) => {
      if (nth === 1) return brokenOff(headers);
      const [status, all, body] = rest(OLD, from, headers);
      return [status, all, nth < 4 ? body.subarray(0, 100_000) : body];
    });
    assertEquals([saved, shapeOf(ranges)], ["old", "whole, rest, rest, rest"]);
  }
});

test("a whole body that is shorter than what there was of the last one takes its place", async () => {
  const short = NEW.subarray(0, 1_200_000);
  const { outcome, saved, left } = await download((nth) => nth === 1 ? brokenOff({ etag: '"1"' }) : whole(short, {}));
  assertEquals([outcome.result, saved, left], ["done", "mixed", ["journal", "lock"]]);
  assertEquals(outcome.result === "done" && outcome.size, short.length);
});

/** The SHA-256 of a body. */
async function sha256(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
}

test("a continued body with wrong bytes is fetched from its beginning, and then right", async () => {
  const download1 = { sha256: await sha256(NEW) };
  const { saved, ranges } = await download(
    (nth, from) =>
      nth === 1
        ? brokenOff({ etag: '"1"' })
        : from === undefined
        ? whole(NEW, { etag: '"1"' })
        : rest(NEW, from, { etag: '"1"' }),
    download1,
  );
  assertEquals([saved, shapeOf(ranges)], ["new", "whole, rest, whole"]);
});

test("a body with wrong bytes is fetched once more from its beginning, and then failed", async () => {
  const wanted = { sha256: await sha256(OLD) };
  const { outcome, ranges, left } = await download(() => whole(NEW, { etag: '"1"' }), wanted);
  assertEquals([outcome.result === "failed" && outcome.kind, ranges], ["checksum", [undefined, undefined]]);
  assertEquals(left, ["journal", "lock"]);
  const once = await download(() => whole(NEW, {}), wanted, 0);
  assertEquals([once.outcome.result, once.ranges], ["failed", [undefined]]);
});

test("a server's name for a file may be in UTF-8", async () => {
  const name = String.fromCharCode(...new TextEncoder().encode("日本 é.pdf"));
  const bytes = Uint8Array.from(name, (character) => character.charCodeAt(0));
  await using server = await RawServer.start((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n");
    socket.write('content-disposition: attachment; filename="');
    socket.write(bytes);
    socket.end('"\r\n\r\n.');
  });
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    await tool([`${server.url}/file`], (outcome) => outcomes.push(outcome), { output });
    assertEquals(outcomes.map((outcome) => outcome.result === "done" && outcome.file), ["日本 é.pdf"]);
    await tool([`${server.url}/file`], (outcome) => outcomes.push(outcome), { output });
    const { result, file, size } = outcomes[1] as Outcome & { result: "skipped" };
    assertEquals([result, file, size], ["skipped", "日本 é.pdf", 1]);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});
