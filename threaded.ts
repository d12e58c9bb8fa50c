/**
 * In threads: Web Workers, each with one download at a time.
 *
 *     deno run -A threaded.ts
 *
 * While one thread waits, the others go on. But a worker is a whole JavaScript engine, about 10 MB and 20 ms of CPU, so
 * there are `MAX_THREADS` at most. Right when each download is followed by heavy computing; otherwise see `async.ts`.
 *
 * @module
 */

import { MAX_THREADS } from "./constants.ts";
import { run } from "./lib/cli/run.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";
import { inWorkers } from "./lib/engine/worker_pool.ts";

/** A thread. It downloads what it is sent by plain `fetch`, and answers with what became of it. */
function start(): Worker {
  return new Worker(new URL("./lib/engine/worker_main.ts", import.meta.url), { type: "module" });
}

/** Downloads in as many Web Workers as there are URLs, up to a cap. */
export const threaded: Strategy = strategy(
  { title: "threaded", about: "one at a time in each of many Web Workers", concurrency: MAX_THREADS, threads: true },
  async (jobs, { session }) => {
    await inWorkers(jobs, session, { workers: session.settings.concurrency, lanes: 1, start });
  },
);

if (import.meta.main) Deno.exit(await run(threaded));
