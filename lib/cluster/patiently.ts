/**
 * Questions to a broker that may be asked again.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { BrokerError } from "./broker_error.ts";
import type { Logged, PartitionLog } from "./partition_log.ts";

/** Milliseconds between two questions at most: at random, so that those who were refused together don't all come back at once. */
const ASK_AGAIN_MS = 1_000;

/** Times that it is asked: with its answers waited for 2 s each, some 12 s, in which a broker has started again. */
const TIMES = 5;

/**
 * Asks a broker, and again while it doesn't answer: it may have been started again, or may have closed a connection that
 * read too slowly.
 *
 * @param ask The question: one that changes nothing.
 * @returns The answer.
 * @throws {BrokerError} If it still doesn't answer, or answers that something is wrong.
 */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let time = 1;; time++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BrokerError) || error.kind !== "unreachable" || time >= TIMES) throw error;
    }
    await delay(Math.random() * ASK_AGAIN_MS);
  }
}

/** All messages of a partition, until there is none; each is asked for patiently. */
export async function* patientLog(log: PartitionLog, partition: number, after = 0): AsyncGenerator<Logged, void> {
  const next = (after: number) => patiently(() => log.next(partition, after));
  for (let logged = await next(after); logged; logged = await next(logged.seq)) yield logged;
}
