/**
 * All at once in one isolate: while one request waits, the event loop starts the next.
 *
 *     deno run -A async.ts
 *
 * An isolate is a JavaScript engine with one thread. It can wait for thousands of answers, so 100 pages take hardly longer
 * than one. Up to 10,000 are in flight; `--concurrency` bounds them. Right for most work against one or a few servers.
 *
 * @module
 */

import { MAX_IN_FLIGHT } from "./constants.ts";
import { run } from "./lib/cli/run.ts";
import { atOnce } from "./lib/engine/at_once.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";

/** Downloads all URLs at once, on Deno's default client. */
export const async: Strategy = strategy(
  { title: "async", about: "all at once in one isolate", concurrency: MAX_IN_FLIGHT },
  async (jobs, { download, concurrency }) => {
    await atOnce(concurrency, jobs, (job) => download(job, fetch));
  },
);

if (import.meta.main) Deno.exit(await run(async));
