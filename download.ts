/**
 * The tool that the other four lead to: every URL of a list, over connections of our own.
 *
 *     deno run -A download.ts https://example.com/a.zip https://example.com/b.zip -o files
 *     deno run -A download.ts -i urls.txt -o files
 *
 * `fetch` does for each request what a browser needs. Here HTTP is written straight to the connections of `Deno.connect`,
 * and one isolate can wait for 100,000 answers; others join it in a run that takes longer than a few seconds. Right for a
 * list of your own. To see how a downloader gets fast, or where it must be `fetch` that sends, read `optimized.ts`.
 *
 * @module
 */

import { CORES, DOWNLOADS_IN_FLIGHT, WORKER_EARNED_OWN_MS } from "./constants.ts";
import { run } from "./lib/cli/run.ts";
import { atMost } from "./lib/engine/at_most.ts";
import type { Jobs } from "./lib/engine/at_once.ts";
import { inLanes } from "./lib/engine/in_lanes.ts";
import type { Session } from "./lib/engine/session.ts";
import { type Strategy, strategy } from "./lib/engine/strategy.ts";
import { Client } from "./lib/http/client.ts";

/** Downloads in one isolate, over HTTP/2 or HTTP/1.1, whichever each server speaks. */
export async function inIsolate(jobs: Jobs, session: Session): Promise<void> {
  const { settings, lanes, explain } = session;
  explain(`up to ${settings.workers} isolates for ${CORES} cores, with up to ${lanes} requests in flight`);
  using client = new Client(settings, { explain });
  const startsPerTurn = 1_000; // ten times as many as `fetch` can take
  const { most, why } = await inLanes(jobs, session, {
    lanes,
    sendFor: ({ url }) => client.sendFor(url),
    startsPerTurn,
  });
  explain(`this isolate had up to ${most} requests in flight: ${why}`);
}

const start = () => new Worker(new URL("./lib/engine/worker_main.ts", import.meta.url), { type: "module" });

const TRAITS = { concurrency: DOWNLOADS_IN_FLIGHT, pools: true, ownConnections: true };

/** Downloads over connections of our own; in a run that takes longer, on every core. */
export const download: Strategy = strategy(
  { title: "download", about: "connections of our own, on every core that helps", ...TRAITS },
  async (jobs, { session, concurrency }) => {
    const { workers } = session.settings;
    const here = inIsolate(jobs, session);
    if (await atMost(WORKER_EARNED_OWN_MS, here)) return; // one isolate was enough
    const { inWorkers } = await import("./lib/engine/worker_pool.ts");
    const options = { workers: workers - 1, lanes: Math.ceil(concurrency / workers), start, script: import.meta.url };
    await Promise.all([here, inWorkers(jobs, session, options)]); // the other cores
  },
);

if (import.meta.main) Deno.exit(await run(download));
