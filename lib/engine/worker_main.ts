/**
 * The Web Worker's entry: jobs in, outcomes out.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import { fetchOne } from "./fetch_one.ts";
import { inPool } from "./in_pool.ts";
import { inLanes } from "./lanes.ts";
import type { Outcome } from "../core/outcome.ts";
import { Session } from "./session.ts";
import type { Settings } from "../core/settings.ts";

/**
 * What a worker is told: first how to work, then jobs as it has room for them, once how many milliseconds attempts take in
 * other workers, at the end perhaps to stop.
 */
export type ToWorker =
  | { settings: Settings; lanes: number; pooled: boolean }
  | { usualMs: number }
  | { jobs: Job[] }
  | { abort: true };

/** What a worker tells: what became of jobs, in batches, how many lanes it has opened since, which jobs have stalled. */
export type FromWorker = { outcomes: Outcome[] } | { lanes: number } | { stalled: number[] };

declare const self: {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
};

const aborter = new AbortController();
let session: Session | undefined;
const arrived: Job[] = [];
const idleLanes: ((next: IteratorResult<Job, undefined>) => void)[] = [];
const ended: Outcome[] = [];

self.onmessage = ({ data }) => {
  if ("settings" in data) download(data);
  else if ("jobs" in data) hand(data.jobs);
  else if ("usualMs" in data) session?.deadlines.expect(data.usualMs);
  else aborter.abort();
};

/** Downloads what arrives until the worker is terminated. */
async function download({ settings, lanes, pooled }: { settings: Settings; lanes: number; pooled: boolean }) {
  const own = session = new Session(settings, aborter.signal, { onStalled: (stalled) => tell({ stalled }) });
  if (pooled) await inPool({ next }, own, { lanes, settle, onOpened: (lanes) => tell({ lanes }) });
  else await inLanes(Infinity, { next }, (job) => fetchOne(job, own), { settle }); // it is given no more than it may have
}

function hand(jobs: Job[]): void {
  arrived.push(...jobs);
  while (arrived.length > 0 && idleLanes.length > 0) {
    const value = arrived.shift();
    if (value) idleLanes.pop()?.({ done: false, value });
  }
}

function next(): Promise<IteratorResult<Job, undefined>> {
  const value = arrived.shift();
  return value ? Promise.resolve({ done: false, value }) : new Promise((resolve) => idleLanes.push(resolve));
}

function settle(outcome: Outcome): void {
  if (ended.push(outcome) === 1) setTimeout(flush, 0);
}

/** Tells what has ended since the last turn of the event loop, in one message. */
function flush(): void {
  tell({ outcomes: ended });
  ended.length = 0;
}

function tell(message: FromWorker): void {
  self.postMessage(message);
}
