/**
 * On every core, over a pool of HttpClients: many connections, each with as many requests as the server lets one carry.
 *
 *     deno run -A optimized.ts
 *
 * One HTTP/2 client queues what is above the server's cap on streams, and one isolate uses one core. So each isolate has
 * a pool, and all of them take from one queue. Right for thousands of URLs; for some hundred, `async.ts` is as fast.
 *
 * @module
 */

import { CORES, IN_FLIGHT_PER_ISOLATE, MAX_IN_FLIGHT } from "./constants.ts";
import { run } from "./lib/cli/run.ts";
import { atMost } from "./lib/engine/at_most.ts";
import type { Jobs } from "./lib/engine/at_once.ts";
import { inPool } from "./lib/engine/in_pool.ts";
import type { Session } from "./lib/engine/session.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";
import { inWorkers } from "./lib/engine/worker_pool.ts";
import { ClientPool } from "./lib/http/client_pool.ts";

const IN_FLIGHT = Math.max(MAX_IN_FLIGHT, IN_FLIGHT_PER_ISOLATE * CORES);

/** Downloads in one isolate, over HttpClients that are made as those before are full. */
export async function inIsolate(jobs: Jobs, session: Session): Promise<void> {
  const create = (options: Deno.CreateHttpClientOptions) => Deno.createHttpClient(options);
  using pool = new ClientPool(session.settings, { create, explain: session.explain });
  await inPool(jobs, session, { pool, over: (client) => (url, init) => fetch(url, { ...init, client }) });
}

const start = () => new Worker(new URL("./lib/engine/worker_main.ts", import.meta.url), { type: "module" });

/** Downloads over pools of HTTP/2 connections, or HTTP/1.1 ones where the server speaks nothing newer, on every core. */
export const optimized: Strategy = strategy(
  { title: "optimized", about: "pooled HttpClients on every core", concurrency: IN_FLIGHT, pools: true },
  async (jobs, { session, concurrency }) => {
    const { workers } = session.settings;
    const here = inIsolate(jobs, session);
    await atMost(session.workerEarnedMs, here); // what takes no longer isn't worth a worker
    const options = { workers: workers - 1, lanes: Math.ceil(concurrency / workers), start, script: import.meta.url };
    await Promise.all([here, inWorkers(jobs, session, options)]); // the other cores
  },
);

if (import.meta.main) Deno.exit(await run(optimized));
