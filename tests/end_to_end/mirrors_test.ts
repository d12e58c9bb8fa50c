/** Downloads that have several URLs: whatever one mirror does, the file is another's, whole, or one failure names all. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { async } from "../../async.ts";
import { download as tool } from "../../download.ts";
import { simple } from "../../simple.ts";
import { threaded } from "../../threaded.ts";
import type { Download } from "../../lib/core/download.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { measure } from "../../lib/metrics/measure.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

/** A folder, and a way to run a list into it. */
async function inFolder(
  work: (run: (list: Download[], options?: StrategyOptions) => Promise<Outcome[]>, folder: string) => Promise<void>,
  strategy: Strategy = tool,
): Promise<void> {
  const output = await Deno.makeTempDir();
  try {
    await work(async (list, options = {}) => {
      const outcomes: Outcome[] = [];
      // measure() throws if the books don't balance
      await measure(strategy, list, {
        ...{ output, workers: 1, backoffMs: 1, retries: 0, ...options },
        report: (outcome) => void (outcomes[outcome.id] = outcome),
      });
      return outcomes;
    }, output);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

/** What there is to say of an outcome; ports say which server it was. */
function told(outcome: Outcome): unknown[] {
  const { result, url, from, attempts } = outcome;
  const why = result === "failed" ? outcome.kind : result === "skipped" ? outcome.reason : "done";
  return [why, url, from, attempts];
}

const text = (path: string) => Deno.readTextFileSync(path);
const filesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
/** What is left of bodies that broke off. */
const unfinishedIn = (folder: string) =>
  [...Deno.readDirSync(`${folder}/.download-stuff`)].filter(({ name }) => /\.(part|json|tmp)$/.test(name)).length;

for (const strategy of [own, ownOverHttp2, async, simple, threaded, tool]) {
  test(`of files on three mirrors, ${strategy.title} begins with another one each time, and skips all in a second run`, () =>
    inFolder(async (run, folder) => {
      await using a = new CountingServer();
      await using b = new CountingServer();
      await using c = new CountingServer();
      const list = Array.from({ length: 6 }, (_, n): Download => ({
        url: `${a.url}/${n}`,
        mirrors: [`${b.url}/other/${n}`, `${c.url}/${n}`],
      }));
      const outcomes = await run(list);
      assertEquals(
        outcomes.map(told),
        list.map(({ url, mirrors = [] }, n) => {
          return ["done", url, [undefined, ...mirrors][n % 3], 1];
        }),
      );
      assertEquals([a, b, c].map(({ requests }) => [...requests.keys()].sort()), [
        ["/0", "/3"],
        ["/other/1", "/other/4"],
        ["/2", "/5"],
      ]);
      assertEquals(filesIn(folder), ["0", "1", "2", "3", "4", "5"], "named by their first URLs");
      const again = await run(list.toReversed());
      assertEquals(new Set(again.map(told).map(([why]) => why)), new Set(["there"]));
      assertEquals([a, b, c].map(({ requests }) => requests.size), [2, 2, 2]);
    }, strategy));
}

for (const strategy of [own, ownOverHttp2, async, tool]) {
  test(`${strategy.title} gets from the next mirror what one doesn't have, refuses, or sends otherwise`, () =>
    inFolder(async (run, folder) => {
      await using bad = new CountingServer({
        answer(path) {
          if (path === "/wrong") return new Response("/Wrong");
          if (path === "/page") return new Response("<p>", { headers: { "content-type": "text/html" } });
          if (path === "/moved") return new Response(null, { status: 302, headers: { location: "/moved" } });
          return new Response("no", { status: path === "/busy" ? 503 : 404 });
        },
      });
      await using good = new CountingServer({
        answer: (path) => new Response(path, { headers: { "content-type": "text/plain" } }),
      });
      const paths = ["/missing", "/wrong", "/busy", "/moved", "/page"];
      const list = paths.map((path, n): Download => {
        const urls = [bad.url + path, good.url + path];
        const [url, mirror] = n % 2 === 0 ? urls : urls.toReversed(); // so that the bad one is first in each case
        return { url, mirrors: [mirror], ...path === "/wrong" && { sha256: sha256(path) } };
      });
      const outcomes = await run(list, { accept: ["text/plain"], retries: 1 });
      const attempts = [2, 3, 3, 2, 2]; // what may be damaged, or pass, is asked for twice before
      assertEquals(
        outcomes.map(told),
        list.map(({ url }, n) => {
          return ["done", url, n % 2 === 0 ? good.url + paths[n] : undefined, attempts[n]];
        }),
      );
      for (const path of paths) assertEquals(text(folder + path), path);
      assertEquals(good.counts(), [1, 1, 1, 1, 1]);
      assertEquals(unfinishedIn(folder), 0);
    }, strategy));
}

test("what isn't wanted, whoever has it, is skipped; and fails if one of its mirrors has failed", () =>
  inFolder(async (run) => {
    await using page = new CountingServer({
      answer: () => new Response("<p>", { headers: { "content-type": "text/html" } }),
    });
    await using missing = new CountingServer({ answer: () => new Response("no", { status: 404 }) });
    const list = [
      { url: `${page.url}/a`, mirrors: [`${page.url}/b`] },
      { url: `${page.url}/c`, mirrors: [`${missing.url}/c`] }, // the missing one first
    ];
    const outcomes = await run(list, { accept: ["image/*"], unwanted: "skip" });
    assertEquals(outcomes.map(told), [
      ["unwanted", list[0].url, `${page.url}/b`, 2],
      ["status", list[1].url, `${missing.url}/c`, 2],
    ]);
  }));

test("when all mirrors fail, one failure names them all, without passwords, and --failed has them all", async () => {
  const folder = await Deno.makeTempDir();
  let isBack = false;
  await using a = new CountingServer({ answer: () => new Response("a", { status: isBack ? 200 : 404 }) });
  await using b = new CountingServer({ answer: () => new Response("b", { status: isBack ? 200 : 410 }) });
  const run = async (...args: string[]) => {
    const command = { args: ["run", "-A", "--no-check", SCRIPT, ...args], cwd: folder };
    const { code, stderr } = await new Deno.Command(Deno.execPath(), command).output();
    return { code, said: new TextDecoder().decode(stderr) };
  };
  const lines = (file: string) => text(`${folder}/${file}`).trim().split("\n").map((line) => JSON.parse(line));
  try {
    const secret = b.url.replace("//", "//me:secret@");
    await Deno.writeTextFile(`${folder}/urls.txt`, `${a.url}/f\t${secret}/f \t\n`);
    const files = ["-o", "files", "--report", "report.ndjson", "--failed", "failed.ndjson"];
    const { code, said } = await run("-i", "urls.txt", ...files);
    assertEquals(code, 1, said);
    const [{ url, from, status, kind, attempts, message }, ...others] = lines("report.ndjson");
    assertEquals([url, from, status, kind, attempts, others], [`${a.url}/f`, `${b.url}/f`, 410, "status", 2, []]);
    assertMatch(message, /^none of its 2 URLs could be downloaded: /);
    for (const server of [a, b]) assertStringIncludes(message, `${server.url}/f: `);
    assert(!text(`${folder}/report.ndjson`).includes("secret") && !said.includes("secret"));
    const [{ urls, url: single, why }] = lines("failed.ndjson");
    assertEquals([urls, single, why], [[`${a.url}/f`, `${secret}/f`], undefined, message]);
    isBack = true;
    assertEquals((await run("-i", "failed.ndjson", ...files)).code, 0);
    assertEquals([text(`${folder}/files/f`), text(`${folder}/failed.ndjson`)], ["a", ""]);
    assertEquals((await run("-i", "urls.txt", ...files)).code, 0);
    assertEquals(lines("report.ndjson").map(({ result, reason }) => [result, reason]), [["skipped", "there"]]);
    assertEquals([a, b].map((server) => server.counts()), [[2], [1]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const LARGE = 3_000_000;
const SENT = 2_500_000;

/** A server of one large file of its own, with ranges; it breaks off as often as is said. */
function ranges(fill: number, { cuts = 0, etag = '"1"' } = {}) {
  const asked: (string | null)[] = [];
  const bytes = new Uint8Array(LARGE).fill(fill);
  const state = { cuts, isMissing: false };
  const server = new CountingServer({
    answer: (_path, _nth, request) => {
      const range = request.headers.get("range");
      asked.push(range);
      if (state.isMissing) return new Response("no", { status: 404 });
      if (range !== null && request.headers.get("if-range") === etag) {
        const from = Number(/\d+/.exec(range)?.[0]);
        const more = { "content-range": `bytes ${from}-${LARGE - 1}/${LARGE}`, "content-length": `${LARGE - from}` };
        return new Response(bytes.subarray(from), { status: 206, headers: { etag, ...more } });
      }
      const headers = { etag, "content-length": `${LARGE}` };
      if (state.cuts-- <= 0) return new Response(bytes, { headers });
      let sent = false;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (sent) return void setTimeout(() => controller.error(new Error("cut")), 50);
            controller.enqueue(bytes.subarray(0, SENT));
            sent = true;
          },
        }),
        { headers },
      );
    },
  });
  return { server, asked, state, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const kinds = (path: string) => [...new Set(Deno.readFileSync(path))];

for (const strategy of [own, async, threaded]) {
  test(`a file that one mirror broke off is the next one's from its first byte, whatever its ETag, with ${strategy.title}`, () =>
    inFolder(async (run, folder) => {
      await using a = ranges(1, { cuts: Infinity });
      await using b = ranges(2);
      const list = [{ url: `${a.server.url}/f`, mirrors: [`${b.server.url}/f`] }];
      assertEquals((await run(list)).map(told), [["done", list[0].url, list[0].mirrors[0], 2]]);
      assertEquals(kinds(`${folder}/f`), [2]);
      assertEquals(b.asked, [null]);
      assertEquals([Deno.statSync(`${folder}/f`).size, unfinishedIn(folder)], [LARGE, 0]);
    }, strategy));
}

test("what broke off stays for the mirror that it is from, and is no other's", () =>
  inFolder(async (run, folder) => {
    await using a = ranges(1, { cuts: 1 });
    await using b = ranges(2);
    b.state.isMissing = true;
    const list = [{ url: `${a.server.url}/f`, mirrors: [`${b.server.url}/f`] }];
    const [failed] = await run(list);
    assertEquals(told(failed), ["status", list[0].url, list[0].mirrors[0], 2]);
    assertEquals([b.asked, unfinishedIn(folder)], [[null], 2]);
    // Its second place begins with the other mirror, which still has nothing
    const first = { url: `${b.server.url}/first`, mirrors: [`${a.server.url}/first`] };
    const [, again] = await run([first, list[0]]);
    assertEquals(told(again), ["done", list[0].url, undefined, 2]);
    assertEquals(a.asked.filter((range) => range !== null).length, 1, "only the rest was asked for");
    assertEquals(b.asked, [null, null, null]);
    assertEquals([kinds(`${folder}/f`), unfinishedIn(folder)], [[1], 0]);
  }));

test("a version that one mirror gave is no other's: a 304 from there is asked again for the whole", () =>
  inFolder(async (run, folder) => {
    let isMissing = false;
    await using a = new CountingServer({
      answer: () => new Response(isMissing ? "no" : "A", { status: isMissing ? 404 : 200, headers: { etag: '"1"' } }),
    });
    await using b = new CountingServer({
      answer: (_path, _nth, request) =>
        request.headers.has("if-none-match")
          ? new Response(null, { status: 304, headers: { etag: '"1"' } })
          : new Response("B", { headers: { etag: '"1"' } }),
    });
    const list = [{ url: `${a.url}/f`, mirrors: [`${b.url}/f`] }];
    await run(list, { update: true });
    assertEquals(text(`${folder}/f`), "A");
    isMissing = true;
    assertEquals((await run(list, { update: true })).map(told), [["done", list[0].url, list[0].mirrors[0], 2]]);
    assertEquals(text(`${folder}/f`), "B");
    assertEquals((await run(list, { update: true })).map(told), [["unchanged", list[0].url, list[0].mirrors[0], 2]]);
  }));

test("servers don't name a file that has mirrors, and one mirror in a list of its own is another file", () =>
  inFolder(async (run, folder) => {
    const named = { "content-disposition": 'attachment; filename="theirs.bin"' };
    await using a = new CountingServer({ answer: (path) => new Response(`a ${path}`, { headers: named }) });
    await using b = new CountingServer({ answer: (path) => new Response(`b ${path}`) });
    const list: Download[] = [
      { url: `${a.url}/f`, mirrors: [`${b.url}/f`] },
      { url: `${a.url}/f`, mirrors: [`${b.url}/g`] }, // the same, by its first URL
      { url: `${b.url}/f` },
    ];
    assertEquals((await run(list)).map((outcome) => told(outcome)[0]), ["done", "duplicate", "done"]);
    const [f, other, ...more] = filesIn(folder);
    assertEquals([f, more], ["f", []]);
    assertEquals([text(`${folder}/${f}`), text(`${folder}/${other}`)], ["a /f", "b /f"]);
  }));

test("each mirror has its own limit of requests in flight, and one that is away isn't waited for", () =>
  inFolder(async (run) => {
    await using a = new CountingServer({ answer: async (path) => (await soon(), new Response(path)) });
    await using b = new CountingServer({ answer: async (path) => (await soon(), new Response(path)) });
    const away = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const gone = `http://127.0.0.1:${(away.addr as Deno.NetAddr).port}`;
    away.close();
    const list = Array.from(
      { length: 60 },
      (_, n) => ({ url: `${gone}/${n}`, mirrors: [`${a.url}/${n}`, `${b.url}/${n}`] }),
    );
    // Of a host that is away, downloads without mirrors would wait for an hour
    const outcomes = await run(list, { perHost: 2, retries: 1, retryMaxTimeMs: 3_600_000 });
    assertEquals(new Set(outcomes.map(({ result }) => result)), new Set(["done"]));
    assert(a.peak <= 2 && b.peak <= 2, `${a.peak} and ${b.peak} in flight`);
    assertEquals([a.requests.size + b.requests.size, new Set(a.counts()), new Set(b.counts())], [
      60,
      new Set([1]),
      new Set([1]),
    ]);
    const further = outcomes.reduce((sum, { attempts }) => sum + attempts - 1, 0);
    assert(further <= 20, `${further} requests to the host that is away: its circuit should be open`);
  }));

test("a run that is ended while a mirror is asked reports each download once, as what it is", () =>
  inFolder(async (run) => {
    const aborter = new AbortController();
    await using a = new CountingServer({ answer: () => new Response("no", { status: 404 }) });
    await using b = new CountingServer({
      answer: () => {
        aborter.abort();
        return new Promise<Response>(() => {});
      },
    });
    const list = Array.from({ length: 20 }, (_, n) => ({ url: `${a.url}/${n}`, mirrors: [`${b.url}/${n}`] }));
    const outcomes = await run(list, { signal: aborter.signal, concurrency: 4 });
    const ended = outcomes.filter((outcome) => outcome !== undefined);
    assert(ended.length > 0 && ended.every(({ result }) => result === "failed"));
    assertEquals(new Set(ended.map(({ url }) => url)).size, ended.length);
    assert(ended.every(({ url }) => url.startsWith(a.url)));
  }));

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
