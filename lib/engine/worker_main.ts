/**
 * The Web Worker's entry: jobs in, outcomes out.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import { downloadOnce } from "./download.ts";
import { atOnce, type Jobs } from "./at_once.ts";
import type { Outcome } from "../core/outcome.ts";
import { type PackedOutcomes, packOutcomes } from "./packed_outcomes.ts";
import { Session } from "./session.ts";
import type { Settings } from "../core/settings.ts";

/**
 * What a worker is sent: first how to work, then jobs as it has room for them, once how many milliseconds attempts take in
 * other workers, at the end perhaps to stop.
 */
export type ToWorker =
  | { settings: Settings; script?: string }
  | { usualMs: number }
  | { jobs: Job[] }
  | { abort: true };

/** What a worker tells: what became of jobs, in batches, how many lanes it has opened since, which jobs have stalled. */
export type FromWorker = PackedOutcomes | { lanes: number } | { stalled: number[] };

/** What a script exports that says how an isolate of its downloads. */
export type InIsolate = (jobs: Jobs, session: Session) => Promise<void>;

declare const self: {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
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

/** Downloads what arrives until the worker is terminated: as a script's `inIsolate` does, or by plain `fetch`. */
async function download({ settings, script }: { settings: Settings; script?: string }) {
  const own = session = new Session(settings, aborter.signal, { onStalled: (stalled) => tell({ stalled }) });
  const jobs: Jobs = { next, takeNow: () => arrived.shift(), settle, opened: (lanes) => tell({ lanes }) };
  if (script === undefined) {
    await atOnce(Infinity, jobs, (job) => downloadOnce(job, own, fetch), { settle }); // it is given no more than it may have
  } else {
    const { inIsolate }: { inIsolate: InIsolate } = await import(script);
    await inIsolate(jobs, own);
  }
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
  const packed = packOutcomes(ended);
  ended.length = 0;
  tell(packed, packed.pages && [packed.pages.buffer]);
}

function tell(message: FromWorker, transfer?: Transferable[]): void {
  self.postMessage(message, transfer);
}
