/**
 * Bounded concurrency: a number of loops over one shared iterator. Each takes the next job as soon as its last one has
 * ended, so a slow job holds up nobody else.
 *
 * @module
 */

import type { Job } from "./download.ts";

/** What lanes take jobs from: an iterator that any number of loops may pull from at once. */
export type Jobs = Pick<AsyncIterator<Job, undefined>, "next">;

/** What {@linkcode inLanes} can be told. */
export interface LanesOptions<T> {
  /**
   * Takes what came of a job, before its lane takes the next one. When it returns `false` there was one lane too many:
   * the lane is closed, unless it is the first. Default: nobody does.
   */
  settle?: (ended: T, lane: number) => boolean | void;
  /** Waited for between two openings of lanes. Default: nothing is. */
  pause?: Pause;
}

/**
 * Works on jobs, a bounded number of them at a time.
 *
 * @param limit Lanes at most, 1 or more.
 * @param jobs Where all lanes take their jobs from.
 * @param work What is done with each job, and in which lane: 0 to `limit - 1`.
 * @param options Who takes what came of each, and what to wait for before a lane is opened.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What `work` or `settle` throws first.
 */
export function inLanes<T>(
  limit: number,
  jobs: Jobs,
  work: (job: Job, lane: number) => Promise<T>,
  { settle, pause }: LanesOptions<T> = {},
): Promise<void> {
  return openLanes(limit, jobs, async (first, lane) => {
    for (let job: Job | undefined = first; job; job = (await jobs.next()).value) {
      const ended = await work(job, lane);
      if (settle?.(ended, lane) === false && lane > 0) break;
    }
  }, pause);
}

/** What is waited for after so many lanes have been opened, if anything. */
export type Pause = (opened: number) => Promise<void> | undefined;

/**
 * One turn of the event loop: what has arrived gets its due before more is started.
 *
 * @returns Resolves in the next turn.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Opens lanes as there are jobs for them: a lane that gets its first job opens the next one.
 *
 * @param limit Lanes at most. With 0, nothing is done.
 * @param jobs Where the lanes' first jobs come from.
 * @param lane A lane: does its first job, then takes more from `jobs` until there are none.
 * @param pause Waited for between two openings. Default: nothing is.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What a lane throws first.
 */
export function openLanes(
  limit: number,
  jobs: Jobs,
  lane: (first: Job, index: number) => Promise<void>,
  pause?: Pause,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let open = 0;
  let opening = true;
  let endPause = () => {};
  // Two functions for all lanes, rather than two for each: there may be ten thousand
  const end = () => {
    if (--open > 0) return;
    if (opening) endPause(); // nobody is left whose answers a pause could wait for
    else resolve();
  };
  async function openAll(): Promise<void> {
    for (let opened = 0; opened < limit;) {
      const first = await jobs.next();
      if (first.done) break;
      open++;
      lane(first.value, opened++).then(end, reject);
      const paused = pause?.(opened);
      if (paused) await Promise.race([paused, new Promise<void>((resolve) => endPause = resolve)]);
    }
    opening = false;
    if (open === 0) resolve();
  }
  openAll().catch(reject);
  return promise;
}
