import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Outcome } from "../../lib/core/outcome.ts";
import { strategy } from "../../lib/engine/strategy.ts";
import { inWorkers } from "../../lib/engine/worker_pool.ts";
import { content } from "../../site/content.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RangeServer, sendWith } from "../helpers/range_server.ts";

const test = await testNeeding("net", "read", "write", "env", "sys");

const SIZE = 12_000_000;
const FILE = content(1, 0, SIZE);

const start = () => new Worker(new URL("../../lib/engine/worker_main.ts", import.meta.url), { type: "module" });
const script = new URL("../../download.ts", import.meta.url).href;

const inOne = strategy(
  { title: "one worker", about: "", concurrency: 10, pools: true, ownConnections: true },
  async (jobs, { session }) => await inWorkers(jobs, session, { workers: 1, lanes: 5, start, script }),
);

for (const [perHost, peak] of [[3, 3], [32, 4]]) {
  test(`in a worker, a file comes in segments, too, with ${perHost} connections to its host at most`, async () => {
    await using server = await RangeServer.start(FILE, ({ until }) => ({ send: sendWith(65_536, () => until(peak)) }));
    const output = await Deno.makeTempDir();
    try {
      const outcomes: Outcome[] = [];
      await inOne([server.url], (outcome) => void outcomes.push(outcome), { output, segments: 4, perHost });
      assertEquals([outcomes[0].result, server.peak], ["done", peak]);
      const file = Deno.readFileSync(`${output}/file.bin`);
      assertEquals(Buffer.compare(file, FILE), 0);
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  });
}
