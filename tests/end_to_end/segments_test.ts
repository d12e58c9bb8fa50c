/** One file over several connections, from servers that do as they should, stall, fail, or lie. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { download } from "../../download.ts";
import { readOptions } from "../../lib/cli/options.ts";
import { UsageError } from "../../lib/core/errors.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Item } from "../../lib/core/source.ts";
import { optimized } from "../../optimized.ts";
import { content } from "../../site/content.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { bytesDescribed, describedFrom, until } from "../helpers/described.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type Asked, RangeServer, type Reply, sendAll, sendWith } from "../helpers/range_server.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SIZE = 16_000_000;

/** The file as it was, and as it is after it has changed: of the same length, and different throughout. */
const [OLD, NEW] = [content(1, 0, SIZE), content(2, 0, SIZE)];

const START = 65_536;

interface Options extends StrategyOptions {
  sha256?: string;
  urls?: number;
  file?: Uint8Array<ArrayBuffer>;
}

/** Downloads the file, and says what came of it. */
async function fetched(answer: (asked: Asked) => Reply | Promise<Reply>, options: Options = {}) {
  const { sha256, file = OLD, ...rest } = options;
  await using server = await RangeServer.start(file, answer);
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    const settings = { output, segments: 4, backoffMs: 1, retries: 3, workers: 1, ...rest };
    await download([{ url: server.url, sha256 }], (outcome) => void outcomes.push(outcome), settings);
    const [outcome] = outcomes;
    const saved = outcome.result === "done" ? Deno.readFileSync(`${output}/${outcome.file}`) : undefined;
    const left = [...Deno.readDirSync(`${output}/.download-stuff`)].map(({ name }) => name).sort();
    const { asked, ranges, peak } = server;
    return { outcome, asked, ranges, peak, left, saved: saved && whichIs(saved) };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

/** A diff of megabytes would take minutes. */
function whichIs(body: Uint8Array): string {
  const same = (other: Uint8Array) => Buffer.compare(body, other) === 0;
  return same(OLD) ? "old" : same(NEW) ? "new" : "mixed";
}

/** The SHA-256 of a body. */
async function sha256(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
}

/** Bytes that requests have asked for more than once. */
function askedAgain(ranges: ({ from: number; to: number } | undefined)[]): number {
  const [whole, ...parts] = ranges;
  assertEquals(whole, undefined);
  let [sum, end] = [0, 0];
  for (const { from, to } of parts.filter((range) => range !== undefined).sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, Math.min(end, to + 1) - from);
    end = Math.max(end, to + 1);
  }
  return sum;
}

test("a file comes in four segments, over four connections at once", async () => {
  const digest = await sha256(OLD);
  const { outcome, saved, peak, ranges, asked, left } = await fetched(
    ({ until }) => ({ send: sendWith(START, () => until(4)) }),
    { sha256: digest },
  );
  assertEquals([saved, peak, left], ["old", 4, ["journal", "lock"]]);
  const { result, segments, size, sha256: has } = outcome as Outcome & { result: "done" };
  assertEquals([result, segments, size, has], ["done", ranges.length, SIZE, digest]);
  assertEquals(ranges.slice(1, 4).map((range) => range && Math.round((range.to - range.from) / 1e6)), [8, 4, 4]);
  assert(asked.slice(1).every(({ ifRange }) => ifRange === '"1"'), "each part is asked for only of the same version");
});

test("a file comes whole where segments aren't asked for, are too small, or can't be had", async () => {
  const weak = (headers: Record<string, string | undefined>) => () => ({ headers });
  const small = content(1, 0, 7_999_999);
  const runs = [
    await fetched(() => ({}), { segments: undefined }),
    await fetched(() => ({}), { segments: 1 }),
    await fetched(() => ({}), { file: small }),
    await fetched(weak({ etag: undefined })),
    await fetched(weak({ etag: 'W/"1"' })),
    await fetched(weak({ "accept-ranges": "none" })),
    await fetched(({ range }) => ({ headers: range ? {} : { "content-length": undefined } })),
    await fetched(() => ({}), { perHost: 1 }),
  ];
  for (const [i, { outcome, ranges }] of runs.entries()) {
    assertEquals([i, outcome.result, ranges.length], [i, "done", 1]);
    assert(!("segments" in outcome));
  }
});

const range = (from: number, end: number, length: number) => ({ "content-range": `bytes ${from}-${end}/${length}` });

/** Answers to a range that aren't it. */
const LIES: [what: string, reply: (range: { from: number; to: number }) => Reply][] = [
  ["the whole", () => ({ status: "200 OK", headers: { "content-range": undefined }, body: OLD })],
  ["the whole of another version", () => ({
    status: "200 OK",
    headers: { "content-range": undefined, etag: '"2"' },
    body: NEW,
  })],
  ["another ETag", ({ from, to }) => ({ headers: { etag: '"2"' }, body: NEW.subarray(from, to + 1) })],
  ["a weak ETag", ({ from, to }) => ({ headers: { etag: 'W/"1"' }, body: NEW.subarray(from, to + 1) })],
  ["no ETag", ({ from, to }) => ({ headers: { etag: undefined }, body: NEW.subarray(from, to + 1) })],
  ["another start", ({ from, to }) => ({ headers: range(from - 1, to, SIZE), body: NEW.subarray(from - 1, to + 1) })],
  ["another end", ({ from, to }) => ({ headers: range(from, to - 1, SIZE), body: NEW.subarray(from, to) })],
  ["more than was asked for", ({ from, to }) => ({
    headers: range(from, to + 1, SIZE),
    body: NEW.subarray(from, to + 2),
  })],
  ["another total", ({ from, to }) => ({ headers: range(from, to, SIZE + 1), body: NEW.subarray(from, to + 1) })],
  ["no total", ({ from, to }) => ({ headers: { "content-range": `bytes ${from}-${to}/*` } })],
  ["no range", () => ({ headers: { "content-range": undefined } })],
  ["a length against its range", ({ from, to }) => ({ body: NEW.subarray(from, to) })],
  ["several parts", () => ({ headers: { "content-type": "multipart/byteranges; boundary=x" } })],
  ["an encoding", () => ({ headers: { "content-encoding": "gzip" } })],
  ["416", () => ({ status: "416 Range Not Satisfiable", headers: { "content-range": `bytes */${SIZE}` }, body: NEW })],
  ["more bytes than its range has", ({ from, to }) => ({
    headers: { "content-length": undefined, "transfer-encoding": "chunked" },
    body: chunked(OLD.subarray(from, to + 1), new Uint8Array(100)),
  })],
];

function chunked(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const parts = pieces.flatMap((
    piece,
  ) => [text.encode(`${piece.length.toString(16)}\r\n`), piece, text.encode("\r\n")]);
  const all = [...parts, text.encode("0\r\n\r\n")];
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

for (const [what, lie] of LIES) {
  test(`a server that answers a range with ${what} is asked for no other, and the file comes whole`, async () => {
    let lying: Asked | undefined;
    const first = await fetched((asked) => {
      if (asked.range === undefined) {
        // Not more than there is until the lie has been looked at
        return { send: sendWith(START, () => asked.until(2).then(() => lying?.closed)) };
      }
      lying = asked;
      return lie(asked.range);
    });
    assertEquals([first.saved, first.left], ["old", ["journal", "lock"]]);
    const ranges = first.ranges.map((range) => range !== undefined);
    // Bytes that came beyond a range are noticed when its own have been written: then the whole is asked for again
    if (what.startsWith("more bytes")) assertEquals([ranges.at(0), ranges.at(1), ranges.at(-1)], [false, true, false]);
    else assertEquals(ranges, [false, true]);
  });

  test(`a server that answers a later range with ${what} is asked for the whole again`, async () => {
    const { saved, left, ranges } = await fetched((asked) => {
      if (asked.nth > 4) return asked.range ? lie(asked.range) : { headers: { etag: '"2"' }, body: NEW };
      if (asked.range === undefined) return { send: sendWith(START, () => asked.until(5)) };
      const { range } = asked;
      // The last quarter: what comes before isn't the body that came first
      if (asked.nth > 2 && range.to === SIZE - 1) return asked.until(4).then(() => lie(range));
      return { send: sendWith(START, () => new Promise(() => {})) };
    });
    assertEquals([saved, left], ["new", ["journal", "lock"]]);
    assertEquals(ranges.map((range) => range !== undefined), [false, true, true, true, false]);
  });
}

test("a segment that ends early, or is reset, is fetched again from where it ended", async () => {
  for (const end of ["end", "destroy"] as const) {
    const { saved, ranges } = await fetched(({ nth, until }) => ({
      send: nth === 2
        ? async (socket, body) => {
          socket.write(body.subarray(0, 2_000_000));
          await until(4);
          setTimeout(() => socket[end](), 50); // what was sent has arrived by then
        }
        : sendWith(START, () => until(5)),
    }));
    assertEquals(saved, "old");
    assert(ranges.length >= 5);
    assert(askedAgain(ranges) < SIZE / 2 + 6_000_000, "what had come isn't fetched again");
  }
});

test("a server that takes one connection at a time, and refuses others, is asked one after another", async () => {
  for (const status of ["503 Service Unavailable", "429 Too Many Requests", "403 Forbidden"]) {
    let open = 0;
    const { saved, outcome, asked } = await fetched((asked) => {
      const isBusy = open > 0;
      if (isBusy) return { status, headers: { "content-range": undefined }, body: new Uint8Array(9) };
      open++;
      asked.closed.then(() => open--);
      return { send: sendWith(START, () => asked.until(2).then(() => new Promise((done) => setTimeout(done, 100)))) };
    });
    assertEquals([outcome.result, saved], ["done", "old"]);
    assert(asked.length <= 10, `${asked.length} requests`);
  }
});

test("a server that fails for every range fails for the file, and says why", async () => {
  const { outcome, asked } = await fetched(({ range }) =>
    range ? { status: "500 Internal Server Error", headers: { "content-range": undefined } } : {
      send: async (socket, body) => {
        socket.write(body.subarray(0, 3_000_000));
        await new Promise((done) => setTimeout(done, 50));
        socket.destroy();
      },
    }
  );
  assertEquals(outcome.result === "failed" && [outcome.kind, outcome.status], ["status", 500]);
  assert(asked.length < 12, `${asked.length} requests`);
});

test("a segment that stalls, or isn't answered, is fetched over another connection as soon as one is free", async () => {
  for (const sent of [300_000, 0]) {
    const { saved, ranges } = await fetched(({ nth, until }) => {
      if (nth !== 3) return { send: sendWith(START, () => until(4)) };
      return sent === 0 ? new Promise(() => {}) : { send: (socket, body) => void socket.write(body.subarray(0, sent)) };
    });
    assertEquals(saved, "old");
    assert(ranges.length >= 5);
  }
});

test("a segment that stalls while all others flow ends with its idle deadline, the first one too", async () => {
  for (const stalling of [1, 3]) {
    const { saved, asked } = await fetched(({ nth, until }) => ({
      send: nth === stalling
        ? (socket, body) => void socket.write(body.subarray(0, 100_000))
        : async (socket, body) => {
          let [at, isAskedAgain] = [0, false];
          until(5).then(() => isAskedAgain = true);
          for (; !isAskedAgain && !socket.destroyed; at += 10) { // they flow, and don't end
            socket.write(body.subarray(at, at + 10));
            await new Promise((done) => setTimeout(done, 20));
          }
          await sendAll(socket, body.subarray(at));
        },
    }), { idleTimeoutMs: 400 });
    assertEquals(saved, "old");
    assert(asked.length >= 5);
  }
});

test("the last slow segment is split again, so that its connection brings little of it", async () => {
  const over = Promise.withResolvers<void>();
  const { saved, asked } = await fetched(({ nth, until }) => ({
    send: nth === 3
      ? async (socket, body) => {
        for (let at = 0; at < body.length && !socket.destroyed; at += 4_096) {
          socket.write(body.subarray(at, at + 4_096));
          await new Promise((done) => setTimeout(done, 20));
        }
        socket.end();
        over.resolve();
      }
      : sendWith(START, () => until(4)),
  }));
  await over.promise;
  assertEquals(saved, "old");
  const slow = asked[2];
  assert(
    slow.range && slow.sent < (slow.range.to - slow.range.from) / 4,
    `${slow.sent} bytes over the slow connection`,
  );
  assert(asked.length > 4);
});

test("segments and other files together have no more connections to a host than --per-host", async () => {
  const server = await RangeServer.start(OLD);
  await using _ = server;
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    const list = Array.from({ length: 6 }, (_, n) => `${server.url}?${n}`);
    const options = { output, segments: 8, perHost: 3, workers: 1 };
    await download(list, (outcome) => void outcomes.push(outcome), options);
    assertEquals(outcomes.map(({ result }) => result), Array(6).fill("done"));
    assert(server.peak <= 3, `${server.peak} connections at once`);
    for (const { name } of [...Deno.readDirSync(output)].filter(({ isFile }) => isFile)) {
      assertEquals(whichIs(Deno.readFileSync(`${output}/${name}`)), "old");
    }
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

test("segments count against --concurrency, too", async () => {
  // Long enough for further ones to be asked for, if they may be
  const more = () => new Promise((done) => setTimeout(done, 100));
  const { saved, peak } = await fetched(({ until }) => ({ send: sendWith(START, () => until(2).then(more)) }), {
    concurrency: 2,
    segments: 8,
  });
  assertEquals(saved, "old");
  assert(peak <= 2, `${peak} connections at once`);
});

test("segments are as slow as --limit-rate says, and no server is taken for idle meanwhile", async () => {
  const { outcome, saved } = await fetched(
    ({ until, range }) => ({ send: range ? sendAll : sendWith(START, () => until(2)) }),
    {
      limitRate: 12_000_000,
      idleTimeoutMs: 60,
      retries: 0,
    },
  );
  assertEquals([outcome.result, saved], ["done", "old"]);
});

test("a file in segments with another SHA-256 than its list says fails, and nothing of it is left", async () => {
  const { outcome, left } = await fetched(({ until }) => ({ send: sendWith(START, () => until(4)) }), {
    sha256: await sha256(NEW),
    retries: 0,
  });
  assertEquals(outcome.result === "failed" && outcome.kind, "checksum");
  assertEquals(left, ["journal", "lock"]);
});

/** Has a run broken off when each of four segments has brought some MB, and says what the next one does. */
async function resumed(
  between: (state: string) => void = () => {},
  { first = 4, second = 4 }: { first?: number; second?: number } = {},
) {
  const aborter = new AbortController();
  await using server = await RangeServer.start(OLD, ({ nth, until }) => ({
    send: nth > first
      ? sendAll
      : (socket, body) => void until(first).then(() => socket.write(body.subarray(0, 3_000_000))),
  }));
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    const report = (outcome: Outcome) => void outcomes.push(outcome);
    const options = { output, workers: 1 };
    const run = download([server.url], report, { ...options, segments: first, signal: aborter.signal });
    const isDescribed = (from: number) => describedFrom(output, from) >= 2 ** 20;
    await until(() => server.asked.length === first && server.ranges.every((range) => isDescribed(range?.from ?? 0)));
    aborter.abort();
    await run;
    assertEquals(outcomes.map((outcome) => outcome.result === "failed" && outcome.kind), ["aborted"]);
    const had = bytesDescribed(output);
    between(`${output}/.download-stuff`);
    await download([server.url], report, { ...options, segments: second });
    assertEquals([outcomes[1].result, whichIs(Deno.readFileSync(`${output}/file.bin`))], ["done", "old"]);
    return { came: outcomes[1].bytes, ranges: server.ranges.slice(first), had };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

test("a server that announces more bytes than any file has fails for its own file only", async () => {
  const most = 9e14;
  const lie: Reply = {
    headers: { "content-length": `${most}` },
    async send(socket, body) {
      socket.write(body.subarray(0, 2_000_000));
      await new Promise((done) => setTimeout(done, 100));
      socket.end();
    },
  };
  await using liar = await RangeServer.start(OLD, ({ range }) =>
    range
      ? {
        ...lie,
        headers: {
          "content-length": `${range.to + 1 - range.from}`,
          "content-range": `bytes ${range.from}-${range.to}/${most}`,
        },
        body: OLD,
      }
      : lie);
  await using honest = await RangeServer.start(OLD);
  const output = await Deno.makeTempDir();
  try {
    const results: Record<string, string> = {};
    const list = [{ url: liar.url, name: "liar" }, { url: honest.url, name: "honest" }];
    const report = (outcome: Outcome, { name = "" }: Exclude<Item, string>) =>
      void (results[name] = outcome.result === "failed" ? outcome.kind : outcome.result);
    await download(list, report, { output, segments: 4, retries: 0, workers: 1 });
    assertEquals(results, { liar: "truncated", honest: "done" });
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

test("a run with segments ends at once with its signal, and the next one fetches only what is missing", async () => {
  const { came, ranges, had } = await resumed();
  assert(ranges[0] && ranges[0].from > 0, "what there was is resumed");
  assertEquals(came, SIZE - had);
});

test("what a power cut or damage has done to segments is found, and fetched again", async () => {
  const { came, had } = await resumed((state) => {
    const [part] = [...Deno.readDirSync(state)].filter(({ name }) => name.endsWith(".part"));
    const [path, data] = [`${state}/${part.name}`, `${state}/${part.name.replace(/part$/, "json")}`];
    using file = Deno.openSync(path, { write: true });
    for (const at of [200_000, 8_300_000]) {
      file.seekSync(at, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(1_000));
    }
    const text = Deno.readTextFileSync(data);
    Deno.writeTextFileSync(data, text.slice(0, -10)); // the last line was torn
  });
  assert(came > SIZE - had && came < SIZE, `${came} bytes came, of ${SIZE} with ${had} there before the damage`);
});

test("a run without segments goes on with what one with segments has from the beginning on, and the other way", async () => {
  const plain = await resumed(() => {}, { second: 1 });
  assertEquals(plain.ranges.length, 1);
  assert(plain.came < SIZE && plain.ranges[0]?.from === SIZE - plain.came);
  const segmented = await resumed(() => {}, { first: 1 });
  assert(segmented.ranges[0]?.from === segmented.had && segmented.came === SIZE - segmented.had);
});

test("over HTTP/2, each segment has a connection of its own", async () => {
  let requests = 0;
  const all = Promise.withResolvers<void>();
  await using server = new CountingServer({
    answer(_path, _nth, request) {
      if (++requests === 4) all.resolve();
      const [, from = "0", to = `${SIZE - 1}`] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
      const isPart = request.headers.has("range");
      const body = OLD.subarray(Number(from), Number(to) + 1);
      const stream = new ReadableStream({
        async start(controller) {
          controller.enqueue(body.subarray(0, START));
          await all.promise;
          controller.enqueue(body.subarray(START));
          controller.close();
        },
      });
      const headers = { etag: '"1"', "content-length": `${body.length}` };
      return new Response(stream, {
        status: isPart ? 206 : 200,
        headers: isPart ? { ...headers, "content-range": `bytes ${from}-${to}/${SIZE}` } : headers,
      });
    },
  });
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    const options = { output, segments: 4, workers: 1, http: 2 } as const;
    await download([`${server.url}/file.bin`], (outcome) => void outcomes.push(outcome), options);
    assertEquals([outcomes[0].result, whichIs(Deno.readFileSync(`${output}/file.bin`))], ["done", "old"]);
    assert(server.connections.size >= 4, `${server.connections.size} connections`);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

test("--segments takes a number or auto, of download.ts and for files", async () => {
  const read = (...args: string[]) => readOptions(download, ["http://a/", ...args]).download.segments;
  assertEquals([read("-o", "a", "--segments", "4"), read("-o", "a", "--segments", "auto"), read()], [
    4,
    "auto",
    undefined,
  ]);
  for (const value of ["0", "65", "1.5", "many"]) {
    assertThrows(() => read("-o", "a", "--segments", value), UsageError, "a whole number from 1 to 64, or auto");
  }
  assertThrows(() => read("--segments", "4"), UsageError, "--segments is about files: name --output");
  assertThrows(() => readOptions(optimized, ["--segments", "4"]), UsageError, "--segments");
  await assertRejects(
    () => optimized([], () => {}, { segments: 4, output: "a" }),
    TypeError,
    "only download() has them",
  );
  await assertRejects(() => download([], () => {}, { segments: 4 }), TypeError, "Option segments needs an output");
});
