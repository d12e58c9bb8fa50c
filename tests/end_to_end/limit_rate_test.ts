import { assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "../../lib/cli/options.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { settle } from "../../lib/core/settings.ts";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

for (const strategy of [own, ownOverHttp2, async, download]) {
  test(`${strategy.title} with limitRate reads at its own pace, and takes no server for idle`, async () => {
    const body = new Uint8Array(8_000).map((_, i) => i);
    await using server = new CountingServer({ answer: () => new Response(body) });
    const output = await Deno.makeTempDir();
    try {
      const outcomes: Outcome[] = [];
      const list = Array.from({ length: 16 }, (_, n) => `${server.url}/${n}.bin`);
      // 128 KB at 200 KB/s, and each body waits for longer than it may be idle, again and again
      const limits = { limitRate: 200_000, idleTimeoutMs: 60, retries: 0, workers: 1 };
      await strategy(list, (outcome) => void outcomes.push(outcome), { output, ...limits });
      assertEquals(outcomes.filter(({ result }) => result !== "done"), []);
      for (let n = 0; n < 16; n++) assertEquals(Deno.readFileSync(`${output}/${n}.bin`), body);
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  });
}

test("a server that sends nothing for too long fails in spite of limitRate", async () => {
  await using server = new CountingServer({
    answer: () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) })),
  });
  const outcomes: Outcome[] = [];
  const limits = { limitRate: 1_000_000, idleTimeoutMs: 60, retries: 0 };
  await own([`${server.url}/1`], (outcome) => void outcomes.push(outcome), limits);
  assertEquals(outcomes.map((outcome) => outcome.result === "failed" && outcome.kind), ["idle-timeout"]);
});

test("a run with limitRate ends at once with its signal", async () => {
  await using server = new CountingServer({ answer: () => new Response(new Uint8Array(100_000)) });
  const outcomes: Outcome[] = [];
  const aborter = new AbortController();
  const list = Array.from({ length: 4 }, (_, n) => `${server.url}/${n}`);
  setTimeout(() => aborter.abort(), 200);
  await own(list, (outcome) => void outcomes.push(outcome), { limitRate: 10, retries: 0, signal: aborter.signal });
  assertEquals(outcomes.map((outcome) => outcome.result === "failed" && outcome.kind), Array(4).fill("aborted"));
});

test("--limit-rate takes a size, and limitRate at least one byte", () => {
  assertEquals(readOptions(download, ["--limit-rate", "10MB"]).download.limitRate, 10_000_000);
  assertEquals("limitRate" in readOptions(download, []).download, false);
  assertThrows(() => settle({ limitRate: 0 }, { concurrency: 1 }), RangeError, "limitRate");
});
