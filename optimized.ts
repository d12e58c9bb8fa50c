/**
 * On every core, over a pool of HttpClients: many connections, each with as many requests as the server lets one carry.
 *
 *     deno run -A optimized.ts
 *
 * One HTTP/2 client queues what is above the server's cap on streams, and one isolate uses one core. So each isolate has
 * a pool, and all of them take from one queue. Right for thousands of URLs; for some hundred, `async.ts` is as fast.
 * Files over HTTP/1.1 come over connections of its own (lib/http/http1/client.ts), which take less CPU than `fetch`.
 *
 * @module
 */

import { CORES, IN_FLIGHT_PER_ISOLATE, MAX_IN_FLIGHT } from "./constants.ts";
import { atMost } from "./lib/engine/at_most.ts";
import { inPool } from "./lib/engine/in_pool.ts";
import { run } from "./lib/cli/run.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";
import { inWorkers } from "./lib/engine/worker_pool.ts";

const IN_FLIGHT = Math.max(MAX_IN_FLIGHT, IN_FLIGHT_PER_ISOLATE * CORES);

/** Downloads over pools of HTTP/2 connections, or HTTP/1.1 ones where the server speaks nothing newer, on every core. */
export const optimized: Strategy = strategy(
  { title: "optimized", about: "pooled HttpClients on every core", concurrency: IN_FLIGHT, pools: true },
  async (jobs, session) => {
    const { workers } = session.settings;
    const lanes = Math.ceil(session.lanes / workers);
    session.explain(`up to ${workers} isolates for ${CORES} cores, each with up to ${lanes} requests in flight`);
    const here = inPool(jobs, session, { lanes, settle: (outcome) => jobs.settle(outcome) });
    await atMost(session.workerEarnedMs, here); // what takes no longer isn't worth a worker
    const there = inWorkers(jobs, session, { workers: workers - 1, lanes, pooled: true }); // the other cores
    await Promise.all([here, there]);
  },
);

if (import.meta.main) Deno.exit(await run(optimized));
