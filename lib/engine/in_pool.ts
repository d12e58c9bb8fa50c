/**
 * Downloads over a pool of HttpClients in one isolate, with as many requests in flight as make it faster.
 *
 * @module
 */

import { CORES } from "../../constants.ts";
import type { ClientPool } from "../http/client_pool.ts";
import type { Send } from "../http/send.ts";
import type { Jobs } from "./at_once.ts";
import { inLanes } from "./in_lanes.ts";
import type { Session } from "./session.ts";

/** What {@linkcode inPool} needs to know. */
export interface InPoolOptions {
  /** The clients. */
  pool: ClientPool;
  /** How a request is sent over one of them. */
  over: (client: Deno.HttpClient) => Send;
}

/**
 * Downloads jobs over a pool.
 *
 * @param jobs Where the jobs come from, and their outcomes go.
 * @param session Settings, and the signal that ends it. Each of its isolates has its part of the requests in flight.
 * @param options The pool, and how to send over it.
 * @returns When there are no more jobs.
 */
export async function inPool(jobs: Jobs, session: Session, { pool, over }: InPoolOptions): Promise<void> {
  const { workers } = session.settings;
  const lanes = Math.ceil(session.lanes / workers);
  session.explain(`up to ${workers} isolates for ${CORES} cores, each with up to ${lanes} requests in flight`);
  const { most, why } = await inLanes(jobs, session, {
    lanes,
    sendFor(job, lane) {
      const client = pool.pick(job, lane);
      return client instanceof Promise ? client.then(over) : over(client);
    },
    release: (lane) => pool.release(lane),
  });
  session.explain(
    `this isolate had up to ${most} requests in flight on ${pool.size} client${pool.size === 1 ? "" : "s"}: ${why}`,
  );
}
