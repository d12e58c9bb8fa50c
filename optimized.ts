/**
 * A pool of HttpClients: many connections, each with as many requests as the server lets one carry.
 *
 *     deno run -A optimized.ts
 *
 * One HTTP/2 client queues what is above the server's stream cap, and one per request wastes connections. Right for
 * thousands of URLs; below some hundred `async.ts` is as fast.
 *
 * @module
 */

import { MAX_IN_FLIGHT } from "./constants.ts";
import { fetchOne } from "./lib/fetch_one.ts";
import { HttpPool } from "./lib/http_pool.ts";
import { inLanes } from "./lib/lanes.ts";
import { run } from "./lib/run.ts";
import { type Strategy, strategy } from "./lib/strategy.ts";

/** Downloads over a pool of HTTP/2 connections, or of HTTP/1.1 ones where the server speaks nothing newer. */
export const optimized: Strategy = strategy(
  { title: "optimized", about: "pooled HttpClients, many requests on each connection", concurrency: MAX_IN_FLIGHT },
  async (jobs, session) => {
    using pool = new HttpPool(session.settings.concurrency);
    await inLanes(session.settings.concurrency, jobs, async (job) => {
      jobs.settle(await fetchOne(job, session, await pool.pick(job)));
    });
  },
);

if (import.meta.main) Deno.exit(await run(optimized));
