/**
 * What a run is doing at this moment, in plain counters: cheap enough to keep per URL, read by whoever shows progress.
 *
 * @module
 */

/** What has been pulled from the source, has no outcome, and isn't in flight. */
export interface QueueState {
  /** Downloads that wait for their next attempt. */
  retries: number;
  /** Downloads that wait until their host may get a request. */
  held: number;
  /** Hosts that downloads wait for. */
  hosts: number;
  /** Hosts whose circuit breaker isn't closed. */
  openCircuits: number;
}

/** Live counters of a run. The queue of jobs keeps them; everyone else only reads. */
export class Meter {
  /** Downloads pulled from the source. */
  asked = 0;
  /** Whether the source has been read to its end. */
  isRead = false;
  /** Why the run ends before its time, if not because somebody wants it to. */
  stopped: string | undefined;
  /** Downloads started, retries not counted. */
  started = 0;
  /** Downloads that ended well. */
  done = 0;
  /** Downloads that were already there. */
  skipped = 0;
  /** Downloads that failed for good. */
  failed = 0;
  /** Attempts made after a first one failed. */
  retries = 0;
  /** Downloads claimed by a lane and not ended yet. */
  inFlight = 0;
  /** The most there ever were in flight. */
  peakInFlight = 0;
  /** Bytes of bodies that arrived. */
  bytes = 0;

  /** Where isolates count what arrives while it arrives; absent unless somebody wants to look. */
  flow: SharedArrayBuffer | undefined;
  /** Where isolates count connections of our own; absent unless somebody wants to look. */
  connections: SharedArrayBuffer | undefined;
  /** Looks at the queue; absent before there is one. */
  queue: (() => QueueState) | undefined;

  /** Downloads that have an outcome. */
  get ended(): number {
    return this.done + this.skipped + this.failed;
  }
}
