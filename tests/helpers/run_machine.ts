/**
 * A run on many machines, for tests that look at it: a broker of its own, and machines without an engine.
 *
 * @module
 */

import { assert } from "@std/assert";
import { Broker, type Run } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { OutcomesWriter, type WriterOptions } from "../../lib/cluster/outcomes_log.ts";
import { Ownership } from "../../lib/cluster/ownership.ts";
import { patiently } from "../../lib/cluster/patiently.ts";
import type { RunShape } from "../../lib/cluster/run_shape.ts";
import { Session } from "../../lib/cluster/session.ts";
import type { Done, Failed } from "../../lib/core/outcome.ts";
import { type NatsServer, startNats } from "./nats_server.ts";

/** A body that arrived. */
export const done = (id: number, change: Partial<Done> = {}): Done => ({
  ...{ result: "done", id, url: `http://a.example/${id}`, attempts: 1, startedAt: 1_000, totalMs: 10, bytes: 10 },
  ...change,
});

/** A download that failed. */
export const failed = (id: number, change: Partial<Failed> = {}): Failed => ({
  ...{ ...done(id), result: "failed", kind: "status", message: "HTTP 503", bytes: 0 },
  ...change,
});

/** Gives a test a run on a broker of its own. */
export async function withRun(
  shape: RunShape,
  fn: (run: Run, server: NatsServer) => Promise<void>,
): Promise<void> {
  await using server = await startNats();
  await using broker = await Broker.connect(parseBrokerAddress(server.url), { answerMs: 300 });
  await fn(await broker.openRun("r", shape), server);
}

/** A machine that has a few partitions of a run. */
export async function machine(run: Run, partitions: number[], options: WriterOptions & { name?: string } = {}) {
  const { name } = options;
  const session = new Session(run.live, { about: { host: name } });
  await session.renew();
  const ownership = new Ownership(run, session);
  const writers = new Map<number, OutcomesWriter>();
  for (const partition of partitions) {
    const held = await ownership.take(partition);
    assert(held);
    writers.set(partition, new OutcomesWriter(run.outcomes, partition, held.start, options));
  }
  const writer = (partition: number) => {
    const found = writers.get(partition);
    assert(found);
    return found;
  };
  const flush = async () => {
    for (const each of writers.values()) await each.flush();
  };
  return { session, ownership, writer, flush };
}

/** As if a machine had died, and its lease had ended. */
export async function expire({ live }: Run, name: string): Promise<void> {
  await live.remove((await patiently(() => live.get(name)))?.revision ?? 0);
}
