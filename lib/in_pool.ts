/**
 * Downloads over a pool of HttpClients in this isolate, with as many requests in flight as make it faster.
 *
 * @module
 */

import { Admission } from "./admission.ts";
import { fetchOne } from "./fetch_one.ts";
import { HttpPool } from "./http_pool.ts";
import { inLanes, type Jobs } from "./lanes.ts";
import type { Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";

/** What {@linkcode inPool} needs to know. */
export interface PoolOptions {
  /** Requests in flight at most, 1 or more. */
  lanes: number;
  /** Takes each outcome. */
  settle: (outcome: Outcome) => void;
  /** Told how many lanes there are whenever some have been opened. Default: nobody is. */
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
  const admission = new Admission();
  let most = 0;
  await inLanes(lanes, jobs, (job, lane) => {
    const client = pool.pick(job, lane);
    return client instanceof Promise
      ? client.then((client) => fetchOne(job, session, client))
      : fetchOne(job, session, client);
  }, {
    settle(outcome, lane) {
      admission.note(outcome);
      if (lane >= most) most = lane + 1;
      settle(outcome);
      return outcome.result !== "failed" || outcome.kind !== "too-many-open-files";
    },
    pause(opened) {
      const pause = admission.pause(opened);
      if (pause) onOpened?.(opened);
      return pause;
    },
  });
  const why = most === lanes
    ? "as many as it may"
    : admission.full
    ? "more would only have waited for each other"
    : "enough";
  session.explain(
    `this isolate had up to ${most} requests in flight on ${pool.size} client${pool.size === 1 ? "" : "s"}: ${why}`,
  );
}
