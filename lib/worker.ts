/**
 * The Web Worker's entry: jobs in, outcomes out. Imports only what downloading needs, since a hundred workers load it.
 *
 * @module
 */

import type { Job } from "./download.ts";
import { fetchOne } from "./fetch_one.ts";
import type { Outcome } from "./outcome.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** What a worker is told: first its settings, then jobs as it has room for them, at the end perhaps to stop. */
export type ToWorker =
  | { settings: Settings }
  | { jobs: Job[] }
  | { abort: true };

/** What a worker tells: what became of jobs, in batches. */
export type FromWorker = Outcome[];

declare const self: {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
};

const aborter = new AbortController();
const ended: Outcome[] = [];
let session: Session;

self.onmessage = ({ data }) => {
  if ("settings" in data) session = new Session(data.settings, aborter.signal);
  else if ("jobs" in data) { for (const job of data.jobs) download(job); }
  else aborter.abort();
};

async function download(job: Job): Promise<void> {
  ended.push(await fetchOne(job, session));
  if (ended.length === 1) setTimeout(flush, 0);
}

/** Sends what has ended since the last turn of the event loop in one message. */
function flush(): void {
  self.postMessage(ended);
  ended.length = 0;
}
