import { assertEquals } from "@std/assert";
import { countOpened, makeConnectionCounts, readConnectionCounts } from "../../lib/core/connection_counts.ts";
import { Meter } from "../../lib/core/meter.ts";
import { strategy } from "../../lib/engine/strategy.ts";
import { inWorkers } from "../../lib/engine/worker_pool.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "env", "sys");

const start = () => new Worker(new URL("../../lib/engine/worker_main.ts", import.meta.url), { type: "module" });
const script = new URL("../../download.ts", import.meta.url).href;

const inTwo = strategy(
  { title: "two workers", about: "", concurrency: 10, pools: true, ownConnections: true },
  async (jobs, { session }) => await inWorkers(jobs, session, { workers: 2, lanes: 5, start, script }),
);

test("connections of our own are counted in worker isolates, too", async () => {
  const gate = Promise.withResolvers<void>();
  await using site = new CountingServer({
    async answer() {
      await gate.promise;
      return new Response("1");
    },
  });
  const meter = new Meter();
  const counts = meter.connections = makeConnectionCounts();
  const urls = Array.from({ length: 10 }, (_, n) => `${site.url}/${n}`);
  let done = 0;
  const run = inTwo(urls, ({ result }) => result === "done" && done++, { meter, http: 1 });
  while (readConnectionCounts(counts).busy < 10) await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([site.connections.size, Atomics.load(new Int32Array(counts, 0, 1), 0)], [10, 2]);
  gate.resolve();
  await run;
  assertEquals([done, countOpened(counts), site.connections.size], [10, 10, 10]);
});
