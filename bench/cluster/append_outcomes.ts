/**
 * Appends outcomes to some partitions of a run, as a machine does, and says how long that takes:
 * `append_outcomes.ts BROKER COUNT`.
 *
 * @module
 */

import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { OutcomesWriter } from "../../lib/cluster/outcomes_log.ts";
import { Ownership } from "../../lib/cluster/ownership.ts";
import { Session } from "../../lib/cluster/session.ts";

/** Partitions that the machine has. */
const PARTITIONS = 16;

const [url, count] = Deno.args;
await using broker = await Broker.connect(parseBrokerAddress(url));
const run = await broker.openRun("r");
const session = new Session(run.live);
await session.renew();
const ownership = new Ownership(run, session);
const writers: OutcomesWriter[] = [];
for (let partition = 0; partition < Math.min(PARTITIONS, run.partitions); partition++) {
  const held = await ownership.take(partition);
  if (held === undefined) throw new Error(`partition ${partition} can't be taken`);
  writers.push(new OutcomesWriter(run.outcomes, partition, held.start));
}
const start = performance.now();
const each = Math.ceil(Number(count) / writers.length);
for (let number = 0; number < each; number++) {
  for (const [at, writer] of writers.entries()) {
    const id = number * writers.length + at;
    writer.add(number, {
      ...{
        result: "done",
        id,
        url: `http://host${id * 7_919 % 5_003}.example/files/${id >> 10}/${id}.bin`,
        attempts: 1,
      },
      ...{ startedAt: 1.7e12 + id, firstByteMs: 100 + id * 31 % 900, totalMs: 150 + id * 37 % 2_000 },
      ...{ status: 200, bytes: 10_000 + id * 13 % 90_000, file: `files/${id >> 10}/${id}.bin` },
    });
  }
  if (number % 256 === 255) await Promise.all(writers.map((writer) => writer.flush()));
}
await Promise.all(writers.map((writer) => writer.flush()));
console.log(JSON.stringify({ outcomes: each * writers.length, seconds: (performance.now() - start) / 1_000 }));
