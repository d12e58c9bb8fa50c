/** What `update` does: of what is there, only what has changed is fetched, whatever servers, disks and killed runs do. */

import { assert, assertEquals } from "@std/assert";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { Item } from "../../lib/core/source.ts";
import type { Strategy } from "../../lib/engine/strategy.ts";
import { async } from "../../async.ts";
import { download as tool } from "../../download.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const OLD = "Sun, 06 Nov 1994 08:49:37 GMT";
const NEWER = "Mon, 07 Nov 1994 08:49:37 GMT";
const NOW = "Wed, 01 Jan 2020 00:00:00 GMT";

/** A file as a server has it. */
interface Served {
  body: string;
  etag?: string;
  modified?: string;
  headers?: Record<string, string>;
}

/** Answers as a server should (RFC 9110 §13.2.2), and notes what it answered. */
function conditional({ body, etag, modified, headers = {} }: Served, request: Request, said: number[] = []): Response {
  const none = request.headers.get("if-none-match");
  const since = request.headers.get("if-modified-since");
  const isSame = none !== null ? none === etag : since !== null && modified !== undefined && since === modified;
  const validators = { ...etag && { etag }, ...modified && { "last-modified": modified }, date: NOW };
  said.push(isSame ? 304 : 200);
  if (isSame) return new Response(null, { status: 304, headers: { ...validators, ...headers } });
  return new Response(body, { headers: { ...validators, ...headers } });
}

/** A folder, and a way to run a list into it. */
async function inFolder(
  work: (run: (list: Item[], options?: StrategyOptions) => Promise<Outcome[]>, folder: string) => Promise<void>,
  strategy: Strategy = tool,
): Promise<void> {
  const output = await Deno.makeTempDir();
  try {
    await work(async (list, options = {}) => {
      const outcomes: Outcome[] = [];
      const report = (outcome: Outcome) => void outcomes.push(outcome);
      await strategy(list, report, { output, update: true, workers: 1, backoffMs: 1, ...options });
      return outcomes;
    }, output);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

const told = (outcomes: Outcome[]) =>
  outcomes.map((outcome) =>
    outcome.result === "done"
      ? "done"
      : outcome.result === "skipped"
      ? outcome.reason
      : `${outcome.kind} ${outcome.status}`
  );

for (const strategy of [own, ownOverHttp2, async]) {
  test(`of 1,000 files of which 10 change, ${strategy.title} with update gets those 10`, () =>
    inFolder(async (run, folder) => {
      const version = new Map<string, number>();
      const said: number[] = [];
      await using server = new CountingServer({
        answer: (path, _nth, request) => {
          const now = version.get(path) ?? 1;
          return conditional({ body: `${path} ${now}`, etag: `"${now}"`, modified: OLD }, request, said);
        },
      });
      const list = Array.from({ length: 1_000 }, (_, n) => `${server.url}/${n}.txt`);
      assertEquals(new Set(told(await run(list))), new Set(["done"]));
      assertEquals(said.splice(0).filter((status) => status === 200).length, 1_000);
      for (let n = 0; n < 10; n++) version.set(`/${n * 100}.txt`, 2);
      const outcomes = await run(list);
      const bytes = outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0);
      const count = (wanted: string) => told(outcomes).filter((each) => each === wanted).length;
      assertEquals([count("unchanged"), count("done")], [990, 10]);
      assertEquals(said.filter((status) => status === 304).length, 990);
      assertEquals(said.length, 1_000);
      assertEquals(bytes, [...version].reduce((sum, [path]) => sum + path.length + 2, 0));
      for (let n = 0; n < 1_000; n++) {
        assertEquals(Deno.readTextFileSync(`${folder}/${n}.txt`), `/${n}.txt ${n % 100 ? 1 : 2}`);
      }
      assertEquals(new Set(told(await run(list))), new Set(["unchanged"]));
    }, strategy));
}

/** Runs twice, against what a server says first and then; says what came of the second run, and what the file is then. */
async function twice(
  first: Served,
  then: (request: Request, nth: number) => Response,
  { between, options }: { between?: (file: string) => void; options?: [StrategyOptions, StrategyOptions] } = {},
) {
  let result: { told: string[]; file: string | undefined; asked: (string | null)[] } | undefined;
  await inFolder(async (run, folder) => {
    const asked: (string | null)[] = [];
    await using server = new CountingServer({
      answer: (_path, nth, request) => {
        if (nth === 1) return conditional(first, request);
        asked.push(request.headers.get("if-none-match") ?? request.headers.get("if-modified-since"));
        return then(request, nth);
      },
    });
    assertEquals(told(await run([`${server.url}/a.txt`], options?.[0])), ["done"]);
    between?.(`${folder}/a.txt`);
    const outcomes = await run([`${server.url}/a.txt`], { retries: 0, ...options?.[1] });
    let file: string | undefined;
    try {
      file = Deno.readTextFileSync(`${folder}/a.txt`);
    } catch (error) {
      assert(error instanceof Deno.errors.NotFound);
    }
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names.filter((name) => name !== "a.txt"), [".download-stuff"]);
    result = { told: told(outcomes), file, asked };
  });
  return result;
}

const whole = (body: string, headers: Record<string, string> = {}) => new Response(body, { headers });
const notModified = (headers: Record<string, string> = {}) => new Response(null, { status: 304, headers });
/** Says 304 to whoever asks on a condition, and sends a new body to whoever doesn't. */
const always304 = (headers: Record<string, string> = {}) => (request: Request) =>
  request.headers.has("if-none-match") || request.headers.has("if-modified-since")
    ? notModified(headers)
    : whole("new");

test("a file is asked for by its ETag, weak or strong, or else by its date if that was old enough", async () => {
  const by = async (first: Omit<Served, "body">) => (await twice({ body: "old", ...first }, () => whole("new")))?.asked;
  assertEquals(await by({ etag: '"1"' }), ['"1"']);
  assertEquals(await by({ etag: '"1"', modified: OLD }), ['"1"']);
  assertEquals(await by({ etag: 'W/"1"' }), ['W/"1"']);
  assertEquals(await by({ etag: 'W/"1"', modified: OLD }), ['W/"1"']);
  assertEquals(await by({ modified: OLD }), [OLD]);
  // It may have changed in the same second without another date
  assertEquals(await by({ modified: NOW }), [null]);
  assertEquals(await by({ etag: 'W/"1"', modified: NOW }), [null]);
  assertEquals(await by({}), [null]);
  for (const etag of ["1", '""', '"a"b"', `"${"x".repeat(300)}"`, "W/1"]) assertEquals(await by({ etag }), [null]);
});

test("a 304 keeps the file, and one of other things than were asked about doesn't", async () => {
  const after = async (first: Omit<Served, "body">, headers: Record<string, string>) => {
    const result = await twice({ body: "old", ...first }, always304(headers));
    return [result?.told[0], result?.file, result?.asked.length];
  };
  const kept = ["unchanged", "old", 1];
  const again = ["done", "new", 2];
  assertEquals(await after({ etag: '"1"' }, {}), kept);
  assertEquals(await after({ etag: '"1"' }, { etag: '"1"' }), kept);
  assertEquals(await after({ etag: '"1"' }, { etag: 'W/"1"' }), kept);
  assertEquals(await after({ etag: '"1"' }, { etag: '"2"' }), again);
  assertEquals(await after({ modified: OLD }, { "last-modified": OLD }), kept);
  assertEquals(await after({ modified: OLD }, { "last-modified": NEWER }), again);
});

test("a 304 that nobody asked for fails, and keeps the file", async () => {
  const result = await twice({ body: "old" }, () => notModified());
  assertEquals(result, { told: ["status 304"], file: "old", asked: [null] });
  const own = await twice({ body: "old" }, () => notModified(), {
    options: [{}, { headers: { "if-none-match": '"mine"' } }],
  });
  assertEquals(own, { told: ["status 304"], file: "old", asked: ['"mine"'] });
});

test("a file that is gone, or isn't as it was saved, is fetched whole", async () => {
  const gone = await twice({ body: "old", etag: '"1"' }, always304(), { between: (file) => Deno.removeSync(file) });
  assertEquals(gone, { told: ["done"], file: "new", asked: [null] });
  const edited = await twice({ body: "old", etag: '"1"' }, always304(), {
    between: (file) => Deno.writeTextFileSync(file, "OLD"),
  });
  assertEquals(edited, { told: ["done"], file: "new", asked: [null] });
});

test("a file that goes while its server says 304 is fetched whole", () =>
  inFolder(async (run, folder) => {
    await using server = new CountingServer({
      answer: (_path, nth, request) => {
        if (nth === 2) Deno.removeSync(`${folder}/a.txt`);
        return nth === 2 ? notModified() : conditional({ body: `${nth}`, etag: '"1"' }, request);
      },
    });
    assertEquals(told(await run([`${server.url}/a.txt`])), ["done"]);
    assertEquals(told(await run([`${server.url}/a.txt`])), ["done"]);
    assertEquals(Deno.readTextFileSync(`${folder}/a.txt`), "3");
  }));

test("a 404, a 500 and a body that breaks off keep the file, and are reported", async () => {
  const served = { body: "old", etag: '"1"' };
  const missing = await twice(served, () => new Response("no", { status: 404 }));
  assertEquals(missing, { told: ["status 404"], file: "old", asked: ['"1"'] });
  const broken = await twice(served, () => new Response("no", { status: 500 }));
  assertEquals(broken, { told: ["status 500"], file: "old", asked: ['"1"'] });
  const cut = await twice(served, () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("ne"));
        setTimeout(() => controller.error(new Error("cut")), 5);
      },
    });
    return new Response(body);
  });
  assertEquals([cut?.told, cut?.file], [["truncated 200"], "old"]);
});

test("what a run without update has saved or replaced has no version, and is fetched once more", async () => {
  const plain = { update: false };
  const first = await twice({ body: "old", etag: '"1"' }, always304(), { options: [plain, {}] });
  assertEquals(first, { told: ["done"], file: "new", asked: [null] });
  await inFolder(async (run, folder) => {
    let [body, etag] = ["one", '"1"'];
    const said: number[] = [];
    await using server = new CountingServer({ answer: (_, __, request) => conditional({ body, etag }, request, said) });
    const list = [`${server.url}/a.txt`];
    await run(list);
    Deno.removeSync(`${folder}/a.txt`);
    [body, etag] = ["two", '"2"'];
    await run(list, plain); // replaces it without a version
    [body, etag] = ["one", '"1"']; // and the server goes back to the first
    assertEquals(told(await run(list)), ["done"]);
    assertEquals(Deno.readTextFileSync(`${folder}/a.txt`), "one");
    assertEquals(said, [200, 200, 200]);
    assertEquals(told(await run(list)), ["unchanged"]);
    assertEquals(told(await run(list, plain)), ["there"]);
  });
});

test("a version is that of the resource at the end of redirects, and says nothing about another", () =>
  inFolder(async (run, folder) => {
    await using other = new CountingServer({
      answer: (path, _, request) => conditional({ body: `other ${path}`, etag: '"1"' }, request),
    });
    let to = `${other.url}/b`;
    await using server = new CountingServer({ answer: () => Response.redirect(to) });
    const list = [{ url: `${server.url}/a.txt`, name: "a.txt" }];
    assertEquals(told(await run(list)), ["done"]);
    assertEquals(told(await run(list)), ["unchanged"]);
    to = `${other.url}/c`; // of the same ETag by chance
    assertEquals(told(await run(list)), ["done"]);
    assertEquals(Deno.readTextFileSync(`${folder}/a.txt`), "other /c");
    assertEquals(told(await run(list)), ["unchanged"]);
  }));

test("a file has the time that its server says, unless that is nonsense or not wanted", () =>
  inFolder(async (run, folder) => {
    const modified: Record<string, string> = {
      "/old": OLD,
      "/never": "never",
      "/future": "Fri, 31 Dec 9999 23:59:59 GMT",
      "/past": "Fri, 31 Dec 1900 23:59:59 GMT",
    };
    await using server = new CountingServer({
      answer: (path, _, request) => conditional({ body: path, etag: '"1"', modified: modified[path] }, request),
    });
    const list = Object.keys(modified).map((path) => server.url + path);
    const before = Date.now();
    await run(list);
    const timeOf = (name: string) => Deno.statSync(`${folder}/${name}`).mtime?.getTime() ?? NaN;
    assertEquals(timeOf("old"), Date.parse(OLD));
    for (const name of ["never", "future", "past"]) {
      assert(timeOf(name) >= before - 1_000 && timeOf(name) <= Date.now() + 1_000, name);
    }
    assertEquals(told(await run(list)), ["unchanged", "unchanged", "unchanged", "unchanged"]);
    Deno.removeSync(`${folder}/old`);
    await run(list, { mtime: false });
    assert(timeOf("old") >= before - 1_000);
    assertEquals(told(await run(list)), ["unchanged", "unchanged", "unchanged", "unchanged"]);
  }));

test("what was saved packed isn't kept for a run that unpacks, nor the other way round", async () => {
  const served = { body: "old", etag: '"1"' };
  const result = await twice(served, always304(), { options: [{ raw: true }, { raw: false }] });
  assertEquals(result, { told: ["done"], file: "new", asked: [null] });
});

test("a large file that has changed is resumed as the new version when it broke off, and never mixed", () =>
  inFolder(async (run, folder) => {
    const SIZE = 3_000_000;
    let version = 1;
    let cuts = 0;
    const ranges: (string | null)[] = [];
    await using server = new CountingServer({
      answer: (_path, _nth, request) => {
        const etag = `"${version}"`;
        const bytes = new Uint8Array(SIZE).fill(version);
        const range = request.headers.get("range");
        ranges.push(range && "rest");
        const headers = { etag, date: NOW };
        if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
        if (range !== null && request.headers.get("if-range") === etag) {
          const from = Number(/\d+/.exec(range)?.[0]);
          const more = { "content-range": `bytes ${from}-${SIZE - 1}/${SIZE}`, "content-length": `${SIZE - from}` };
          return new Response(bytes.subarray(from), { status: 206, headers: { ...headers, ...more } });
        }
        if (cuts-- <= 0) return new Response(bytes, { headers: { ...headers, "content-length": `${SIZE}` } });
        let sent = false;
        const body = new ReadableStream({
          pull(controller) {
            if (sent) return void setTimeout(() => controller.error(new Error("cut")), 50);
            controller.enqueue(bytes.subarray(0, 2_500_000));
            sent = true;
          },
        });
        return new Response(body, { headers: { ...headers, "content-length": `${SIZE}` } });
      },
    });
    const list = [`${server.url}/a.bin`];
    const kinds = () => [...new Set(Deno.readFileSync(`${folder}/a.bin`))];
    assertEquals(told(await run(list)), ["done"]);
    [version, cuts] = [2, 1];
    assertEquals((await run(list, { retries: 0 }))[0].result, "failed");
    assertEquals(kinds(), [1]);
    assertEquals(told(await run(list)), ["done"]);
    assertEquals(kinds(), [2]);
    assertEquals(ranges, [null, null, "rest"]);
    assertEquals(told(await run(list)), ["unchanged"]);
  }));
