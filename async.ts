/**
 * All at once in one isolate: start every request, then wait for all of them.
 *
 *     deno run -A async.ts
 *
 * While one request waits, the event loop starts the next, so 100 pages take hardly longer than one. It holds up to
 * some 10,000 in flight; `--concurrency` bounds it. Right for most work against one or a few servers.
 *
 * @module
 */

import { MAX_IN_FLIGHT } from "./constants.ts";
import { fetchOne } from "./lib/engine/fetch_one.ts";
import { inLanes } from "./lib/engine/lanes.ts";
import { run } from "./lib/cli/run.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";

/** Downloads all URLs at once, on the default client. */
export const async: Strategy = strategy(
  { title: "async", about: "all at once in one isolate", concurrency: MAX_IN_FLIGHT },
  async (jobs, session) => {
    await inLanes(session.lanes, jobs, (job) => fetchOne(job, session), { settle: (outcome) => jobs.settle(outcome) });
  },
);

if (import.meta.main) Deno.exit(await run(async));
