/**
 * Downloads over a pool of HttpClients in this isolate, with as many requests in flight as make it faster.
 *
 * @module
 */

import { AdaptiveLimit } from "./adaptive_limit.ts";
import { fetchOne } from "./fetch_one.ts";
import { HttpPool } from "../http/client_pool.ts";
import { inLanes, type Jobs } from "./lanes.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Session } from "./session.ts";

/** What {@linkcode inPool} needs to know. */
export interface PoolOptions {
  /** Requests in flight at most, 1 or more. */
  lanes: number;
  /** Takes each outcome. */
  settle: (outcome: Outcome) => void;
  /** Called with how many lanes are open whenever some have been opened. Default: none. */
  onOpened?: (lanes: number) => void;
}

/**
 * Downloads jobs over a pool.
 *
 * @param jobs Where the jobs come from.
 * @param session Settings, and the signal that ends it.
 * @param options How many at once, and where outcomes go.
 * @returns When there are no more jobs. All connections are closed then.
 */
export async function inPool(jobs: Jobs, session: Session, options: PoolOptions): Promise<void> {
  const { lanes, settle, onOpened } = options;
  using pool = new HttpPool(session.settings, session.explain);
  const limit = new AdaptiveLimit();
  session.onStalled = (ids) => limit.stall(ids);
  let most = 0;
  await inLanes(lanes, jobs, (job, lane) => {
    limit.begin(lane, job.url, job.id);
    const client = pool.pick(job, lane);
    return client instanceof Promise
      ? client.then((client) => fetchOne(job, session, client))
      : fetchOne(job, session, client);
  }, {
    settle(outcome, lane) {
      pool.release(lane);
      const isKept = limit.end(lane, outcome.firstByteMs);
      if (lane >= most) most = lane + 1;
      settle(outcome);
      return isKept;
    },
    pause(open) {
      const pause = limit.acquire();
      if (pause) onOpened?.(open);
      return pause;
    },
  });
  const why = most === lanes
    ? "as many as it may"
    : limit.full
    ? "more would only have waited for each other"
    : "enough";
  session.explain(
    `this isolate had up to ${most} requests in flight on ${pool.size} client${pool.size === 1 ? "" : "s"}: ${why}`,
  );
}
