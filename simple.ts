/**
 * One after another: the next request starts when the last one has ended.
 *
 *     deno run -A simple.ts
 *
 * Nearly all the time is spent waiting: 100 pages that take a second each take 100 seconds, whatever the computer.
 * Right when there are few URLs, or when a server must never see two requests at once.
 *
 * @module
 */

import { run } from "./lib/cli/run.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";

/** Downloads one URL after another. */
export const simple: Strategy = strategy(
  { title: "simple", about: "one after another", concurrency: 1, maxConcurrency: 1 },
  async (jobs, { download }) => {
    for await (const job of jobs) {
      await download(job, fetch);
    }
  },
);

if (import.meta.main) Deno.exit(await run(simple));
