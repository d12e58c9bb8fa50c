/** A thousand files from a server that breaks half of them, or each of them now and then, in every way it knows. */

import { assert, assertEquals } from "@std/assert";
import type { Download } from "../../lib/core/download.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { optimized } from "../../optimized.ts";
import { content, contentKey } from "../../site/content.ts";
import { FAULTS } from "../../site/parameters.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { spawnServer } from "../helpers/spawn_server.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = testOnSockets(await testNeeding("net", "run", "read", "write", "env", "ffi"));

/** What every client must notice. What lies instead is in tests/bench/faults_test.ts. */
const BREAKING = FAULTS.slice(0, 6);

const COUNT = 1_000;
const BYTES = 5_000;

/** Downloads into a new folder, and looks at what is in it then. */
async function download(urls: Iterable<string | Download>, options: StrategyOptions, strategy = optimized) {
  const output = await Deno.makeTempDir();
  try {
    const outcomes: Outcome[] = [];
    await strategy(urls, (outcome) => outcomes.push(outcome), {
      backoffMs: 1,
      idleTimeoutMs: 300,
      ...options,
      output,
    });
    const files = new Map<string, Uint8Array>();
    for (const { name, isFile } of Deno.readDirSync(output)) {
      if (isFile) files.set(name, Deno.readFileSync(`${output}/${name}`));
    }
    const left = [...Deno.readDirSync(`${output}/.download-stuff`)].map(({ name }) => name).sort();
    assertEquals(left, ["journal", "lock"], "nothing unfinished is left behind");
    return { outcomes, files };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

function assertWhole(files: Map<string, Uint8Array>, pages: number[]) {
  assertEquals([...files.keys()].sort(), pages.map(String).sort());
  for (const n of pages) assertEquals(files.get(String(n)), content(contentKey(String(n), 0), 0, BYTES));
}

const pages = Array.from({ length: COUNT }, (_, n) => n);
const evenPages = pages.filter((n) => n % 2 === 0);

for (const [http, strategy] of [[1, own], [2, optimized], [2, ownOverHttp2]] as const) {
  for (const fault of BREAKING) {
    // Over HTTP/2, these break the connection, and with it all that is on it
    if (http === 2 && /RESET|RANDOM/.test(fault)) continue;
    test(`a server that breaks every other file by ${fault} over HTTP/${http} gets none past ${strategy.title}()`, async () => {
      await using server = await spawnServer(["--delay", "0"]);
      const urls = pages.map((n) => `${server.url}${n}?numbytes=${BYTES}${n % 2 ? `&fault=${fault}` : ""}`);
      const { outcomes, files } = await download(
        urls,
        // On a busy machine an answer may take long, and isn't broken for that.
        { http, retries: 1, retryMaxTimeMs: 2_000, perHost: 200, idleTimeoutMs: fault === "STALL" ? 300 : 10_000 },
        strategy,
      );
      assertWhole(files, evenPages);
      assertEquals(outcomes.length, COUNT);
      for (const { id, result } of outcomes) assertEquals(result, id % 2 ? "failed" : "done");
      // One request that is broken over HTTP/2 says nothing of the others, so that it has its 2 attempts and no more
      if (http === 2) assert(outcomes.every(({ attempts }) => attempts <= 2));
    });
  }
}

for (
  const [what, query] of [
    ...BREAKING.map((fault) => [`breaks by ${fault}`, `fault=${fault}`]),
    ["is overloaded", "status=503"],
    ["answers 500", "status=500"],
    ["says it was too much", "status=429"],
  ]
) {
  test(`a server that ${what} one time in five gives every file in the end, whole`, async () => {
    await using server = await spawnServer(["--delay", "0", "--failure-rate", "0.2"]);
    const urls = pages.map((n) => `${server.url}${n}?numbytes=${BYTES}&${query}`);
    const { outcomes, files } = await download(urls, { retries: 12, perHost: 100 });
    assertWhole(files, pages);
    assert(outcomes.every(({ result }) => result === "done"));
    assert(outcomes.some(({ attempts }) => attempts > 1));
  });
}

for (
  const [what, query] of [
    ["packed", "gzip=true"],
    ["in pieces of unknown number", "chunk_size=700"],
    ["packed in pieces", "gzip=true&chunk_size=700"],
    ["after three redirects", "redirects=3"],
  ]
) {
  for (const strategy of [optimized, ownOverHttp2]) {
    test(`files that come ${what} are saved as they are by ${strategy.title}()`, async () => {
      await using server = await spawnServer(["--delay", "0"]);
      const urls = pages.map((n) => `${server.url}${n}?numbytes=${BYTES}&${query}`);
      const { outcomes, files } = await download(urls, {}, strategy);
      assertWhole(files, pages);
      assert(outcomes.every(({ result }) => result === "done"));
    });
  }
}

test("files that are redirected for ever all fail, and say so", async () => {
  await using server = await spawnServer(["--delay", "0"]);
  const { outcomes, files } = await download(pages.map((n) => `${server.url}${n}?redirect_loop=true`), {});
  assertEquals(files.size, 0);
  assert(outcomes.every((outcome) => outcome.result === "failed" && outcome.kind === "redirect"));
});
