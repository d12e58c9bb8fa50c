import { assert, assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "../../lib/cli/options.ts";
import { UsageError } from "../../lib/core/errors.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { settle, type StrategyOptions } from "../../lib/core/settings.ts";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const TYPES: Record<string, string> = { "/a.png": "image/png", "/b.png": "text/html", "/c.svg": "image/svg+xml" };

for (const strategy of [own, ownOverHttp2, async, download]) {
  test(`${strategy.title} takes only types that are wanted, and fails or skips the others`, async () => {
    await using server = new CountingServer({
      answer: (path) => {
        if (path === "/moved.png") return new Response(null, { status: 302, headers: { location: "/b.png" } });
        return new Response("body", { headers: { "content-type": TYPES[path] } });
      },
    });
    const run = async (options: StrategyOptions) => {
      const output = await Deno.makeTempDir();
      try {
        const told: Record<string, string> = {};
        const list = [...Object.keys(TYPES), "/moved.png"].map((path) => server.url + path);
        await strategy(list, (outcome: Outcome) => {
          const { result } = outcome;
          const why = result === "failed" ? outcome.kind : result === "skipped" ? outcome.reason : "done";
          told[outcome.url.slice(server.url.length)] = why;
        }, { output, workers: 1, ...options });
        const files = [...Deno.readDirSync(output)].map(({ name }) => name).filter((name) => !name.startsWith("."));
        return [told, files.sort()];
      } finally {
        await Deno.remove(output, { recursive: true });
      }
    };
    const unwanted = "unwanted-type";
    assertEquals(await run({ accept: ["image/*"], reject: ["image/svg+xml"] }), [
      { "/a.png": "done", "/b.png": unwanted, "/c.svg": unwanted, "/moved.png": unwanted },
      ["a.png"],
    ]);
    assertEquals(await run({ reject: ["text/*"], unwanted: "skip" }), [
      { "/a.png": "done", "/b.png": "unwanted", "/c.svg": "done", "/moved.png": "unwanted" },
      ["a.png", "c.svg"],
    ]);
    assertEquals((await run({ maxFilesize: 3, unwanted: "skip" }))[0], {
      ...{ "/a.png": "unwanted", "/b.png": "unwanted", "/c.svg": "unwanted", "/moved.png": "unwanted" },
    });
    // None is asked for twice in a run
    assertEquals(server.counts().reduce((sum, count) => sum + count, 0), 3 * 5);
  });
}

for (const strategy of [own, ownOverHttp2, async, download]) {
  test(`${strategy.title} takes pages only of types that are wanted`, async () => {
    await using server = new CountingServer({
      answer: (path) => new Response(path.slice(1), { headers: { "content-type": path === "/1" ? "a/b" : "c/d" } }),
    });
    const told: Record<string, string> = {};
    const pages = [1, 2].map((expected) => ({ url: `${server.url}/${expected}`, expected }));
    await strategy(pages, (outcome) => {
      told[outcome.url.slice(server.url.length)] = outcome.result === "failed" ? outcome.kind : outcome.result;
    }, { accept: ["a/*"], workers: 1 });
    assertEquals(told, { "/1": "done", "/2": "unwanted-type" });
  });
}

test("a large body that isn't wanted isn't read to its end", async () => {
  let sent = 0;
  const piece = new Uint8Array(65_536);
  await using server = new CountingServer({
    answer: () => {
      const body = new ReadableStream({
        pull(controller) {
          sent += piece.length;
          controller.enqueue(piece);
        },
      });
      return new Response(body, { headers: { "content-type": "text/html" } });
    },
  });
  const outcomes: Outcome[] = [];
  await own([`${server.url}/1`], (outcome) => void outcomes.push(outcome), { accept: ["image/*"], unwanted: "skip" });
  const [{ result, status, attempts, bytes }] = outcomes;
  assertEquals([result, status, attempts, bytes], ["skipped", 200, 1, 0]);
  assert(sent < 100_000_000, `${sent} bytes were sent`); // as far as the system's memory for connections goes
});

test("--accept, --reject and --unwanted are read, and checked", () => {
  const read = (...args: string[]) => readOptions(download, ["-i", "a", ...args]).download;
  const { accept, reject, unwanted } = read("--accept", "image/*,text/css", "--accept", "a/b", "--unwanted", "skip");
  assertEquals([accept, reject, unwanted], [["image/*", "text/css", "a/b"], undefined, "skip"]);
  assertThrows(() => read("--accept", "image"), UsageError, "image/*");
  assertThrows(() => read("--unwanted", "skip"), UsageError, "--accept");
  assertThrows(() => settle({ reject: ["image"] }, { concurrency: 1 }), TypeError, "reject");
  assertThrows(() => settle({ unwanted: "x" as "skip" }, { concurrency: 1 }), RangeError, "unwanted");
});
