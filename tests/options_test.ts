import { assert, assertArrayIncludes, assertEquals, assertThrows } from "@std/assert";
import { async } from "../async.ts";
import * as constants from "../constants.ts";
import { UsageError } from "../lib/command_error.ts";
import { readOptions, runHelp } from "../lib/options.ts";
import { optimized } from "../optimized.ts";
import { simple } from "../simple.ts";
import { threaded } from "../threaded.ts";

Deno.test("readOptions() asks for the project's defaults when nothing is said", () => {
  assertEquals(readOptions(async, []), {
    ...{ help: false, trials: constants.TRIALS, url: undefined },
    ...{ json: false, timeline: false, html: undefined, quiet: false },
    download: {
      concurrency: constants.MAX_IN_FLIGHT,
      timeoutMs: constants.TIMEOUT_MS,
      connectTimeoutMs: constants.CONNECT_TIMEOUT_MS,
      idleTimeoutMs: constants.IDLE_TIMEOUT_MS,
      retries: constants.RETRIES,
    },
  });
});

Deno.test("readOptions() reads every flag", () => {
  const line = "--trials 5 --url http://a/ --concurrency 3 --timeout 9s --connect-timeout 2s --idle-timeout 1s " +
    "--retries 0 --json --timeline --html a.html --quiet --help";
  assertEquals(readOptions(async, line.split(" ")), {
    ...{ help: true, trials: 5, url: "http://a/", json: true, timeline: true, html: "a.html", quiet: true },
    download: { concurrency: 3, timeoutMs: 9_000, connectTimeoutMs: 2_000, idleTimeoutMs: 1_000, retries: 0 },
  });
});

Deno.test("readOptions() bounds --concurrency by what the strategy can", () => {
  assertThrows(() => readOptions(simple, ["--concurrency", "2"]), UsageError, "it takes 1 and nothing else");
  assertEquals(readOptions(threaded, ["--concurrency", "500"]).download.concurrency, 500);
  assertThrows(() => readOptions(async, ["--concurrency", "0"]), UsageError, "a whole number of at least 1");
});

for (const strategy of [simple, threaded, async, optimized]) {
  Deno.test(`runHelp() of ${strategy.title} says its idea, how to call it, and every flag`, () => {
    const text = runHelp(strategy);
    assert(
      text.startsWith(`Downloads many pages: ${strategy.about}.`) && text.includes(`deno run -A ${strategy.title}.ts`),
    );
    const flags = [...text.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    assertArrayIncludes(flags, ["trials", "url", "concurrency", "timeout", "connect-timeout", "idle-timeout"]);
    assertArrayIncludes(flags, ["retries", "json", "quiet", "help"]);
  });
}

Deno.test("readOptions() tunes the pools of a strategy that has some, and knows no such flags for the others", () => {
  const line = ["--workers", "2", "--clients=auto", "--http", "1", "--verbose"];
  const { workers, clients, http, explain } = readOptions(optimized, line).download;
  assertEquals([workers, clients, http, explain], [2, undefined, 1, console.error]);
  assertEquals(readOptions(optimized, []).download.http, "auto");
  for (const flag of ["--workers=2", "--clients=2", "--http=2", "--verbose"]) {
    assertThrows(() => readOptions(async, [flag]), UsageError, "unknown flag");
  }
  assertThrows(() => readOptions(optimized, ["--workers", "0"]), UsageError, "a whole number of at least 1, or auto");
});
