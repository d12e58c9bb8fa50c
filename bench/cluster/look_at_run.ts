/**
 * Looks at a run, and says how long that takes: `look_at_run.ts BROKER`.
 *
 * @module
 */

import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { RunView } from "../../lib/cluster/whole_run.ts";

/** Chunks that are read to see how fast a broker hands them out. */
const GETS = 2_000;

async function secondsOf<T>(act: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const start = performance.now();
  const result = await act();
  return [(performance.now() - start) / 1_000, result];
}

await using broker = await Broker.connect(parseBrokerAddress(Deno.args[0]));
const run = await broker.openRun("r");
const view = new RunView(run);
const [firstSeconds, { found }] = await secondsOf(() => view.look());
const [nextSeconds] = await secondsOf(() => view.look());
let left = GETS;
const [seconds] = await secondsOf(() =>
  Promise.all(Array.from({ length: 16 }, async (_, lane) => {
    for (let seq = 0; left-- > 0;) seq = (await run.jobs.next(lane % run.partitions, seq))?.seq ?? 0;
  }))
);
console.log(JSON.stringify({ found, firstSeconds, nextSeconds, getsPerSecond: GETS / seconds }));
