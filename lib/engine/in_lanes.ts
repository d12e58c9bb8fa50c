/**
 * Downloads in one isolate, with as many requests in flight as make it faster.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Send } from "../http/send.ts";
import { AdaptiveLimit, type AdaptiveLimitOptions } from "./adaptive_limit.ts";
import { atOnce, type Jobs } from "./at_once.ts";
import { downloadOnce } from "./download.ts";
import { downloadPage, type SendTo } from "./download_page.ts";
import { gatedSend } from "./gated_send.ts";
import type { Session } from "./session.ts";

/** How {@linkcode inLanes} works. */
export interface InLanesOptions extends AdaptiveLimitOptions {
  /** Requests in flight at most, 1 or more. */
  lanes: number;
  /** What sends a job's requests from a lane, from 0 to `lanes - 1`; waited for before the attempt begins. */
  sendFor: (job: Job, lane: number) => Send | Promise<Send>;
  /** Called when a lane's job has ended. Default: none. */
  release?: (lane: number) => void;
}

/**
 * Downloads jobs in lanes, which are opened for as long as their requests don't wait for each other.
 *
 * @param jobs Where the jobs come from, and their outcomes go.
 * @param session Settings, and the signal that ends it.
 * @param options How many lanes there may be, and how a request leaves from one.
 * @returns How many lanes were used, and why no more, when there are no more jobs.
 */
export async function inLanes(
  jobs: Jobs,
  session: Session,
  { lanes, sendFor, release, startsPerTurn }: InLanesOptions,
): Promise<{ most: number; why: string }> {
  const limit = new AdaptiveLimit({ startsPerTurn });
  const { mayGoOn } = session;
  session.onStalled = (ids) => limit.stall(ids);
  const { traced, limiter, cookies } = session;
  const download = traced ?? downloadOnce;
  const needsPromise = (traced ?? limiter ?? cookies) !== undefined;
  let most = 0;
  await atOnce<Outcome>(lanes, jobs, (job, lane, ended) => {
    limit.begin(lane, job.url, job.id);
    const send = mayGoOn ? gatedFor(sendFor(job, lane), mayGoOn) : sendFor(job, lane);
    if (send instanceof Promise) return send.then((send) => download(job, session, send));
    if (send.to === undefined || job.target || needsPromise) return download(job, session, send);
    downloadPage({ job, session, send: send as SendTo, ended });
  }, {
    settle(outcome, lane) {
      release?.(lane);
      const isKept = limit.end(lane, outcome.firstByteMs);
      if (lane >= most) most = lane + 1;
      jobs.settle(outcome);
      return isKept;
    },
    pause(open) {
      const pause = limit.acquire();
      if (pause) jobs.opened?.(open);
      return pause;
    },
  });
  const why = most === lanes
    ? "as many as it may"
    : limit.full
    ? "more would only have waited for each other"
    : "enough";
  return { most, why };
}

function gatedFor(send: Send | Promise<Send>, mayGoOn: () => boolean): Send | Promise<Send> {
  return send instanceof Promise ? send.then((send) => gatedSend(send, mayGoOn)) : gatedSend(send, mayGoOn);
}
