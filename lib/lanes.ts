/**
 * Bounded concurrency: a number of loops over one shared iterator. Each takes the next job as soon as its last one has
 * ended, so a slow job holds up nobody else.
 *
 * @module
 */

import type { Job } from "./download.ts";

/** What lanes take jobs from: an iterator that any number of loops may pull from at once. */
export type Jobs = Pick<AsyncIterator<Job, undefined>, "next">;

/**
 * Works on jobs, a bounded number of them at a time.
 *
 * @param limit Lanes at most, 1 or more.
 * @param jobs Where all lanes take their jobs from.
 * @param work What is done with each job, and in which lane: 0 to `limit - 1`. When it returns `false` there was one lane
 * too many: the lane is closed, unless it is the first.
 * @param pause Waited for between two openings of lanes. Default: nothing is.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What `work` throws first.
 */
export function inLanes(
  limit: number,
  jobs: Jobs,
  work: (job: Job, lane: number) => Promise<boolean | void>,
  pause?: Pause,
): Promise<void> {
  return openLanes(limit, jobs, async (first, lane) => {
    for (let job: Job | undefined = first; job; job = (await jobs.next()).value) {
      if (await work(job, lane) === false && lane > 0) break;
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
  const over = Promise.withResolvers<void>();
  let opened = 0;
  let open = 0;
  let atWork = 0;
  async function run(index: number): Promise<void> {
    const first = await jobs.next();
    if (first.done) return;
    atWork++;
    const paused = pause?.(opened);
    const opening = paused ? Promise.race([paused, over.promise]).then(openNext) : openNext();
    const working = lane(first.value, index).then(() => {
      if (--atWork === 0) over.resolve(); // nobody is left whose answers a pause could wait for
    });
    await Promise.all([working, opening]);
  }
  function openNext(): void {
    if (opened === limit) return;
    open++;
    run(opened++).then(() => {
      if (--open === 0) resolve();
    }, reject);
  }
  if (limit === 0) return Promise.resolve();
  openNext();
  return promise;
}
