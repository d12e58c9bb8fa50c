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
 * @param work What is done with each job.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What `work` throws first.
 */
export function inLanes(limit: number, jobs: Jobs, work: (job: Job) => Promise<void>): Promise<void> {
  return openLanes(limit, jobs, async (first) => {
    for (let job: Job | undefined = first; job; job = (await jobs.next()).value) await work(job);
  });
}

/**
 * Opens lanes as there are jobs for them: a lane that gets its first job opens the next one.
 *
 * @param limit Lanes at most, 1 or more.
 * @param jobs Where the lanes' first jobs come from.
 * @param lane A lane: does its first job, then takes more from `jobs` until there are none.
 * @param pause Waited for between two openings. Default: nothing is.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What a lane throws first.
 */
export function openLanes(
  limit: number,
  jobs: Jobs,
  lane: (first: Job) => Promise<void>,
  pause?: () => Promise<void>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let opened = 0;
  let open = 0;
  async function run(): Promise<void> {
    const first = await jobs.next();
    if (first.done) return;
    await Promise.all([lane(first.value), pause?.().then(openNext) ?? openNext()]);
  }
  function openNext(): void {
    if (opened === limit) return;
    opened++;
    open++;
    run().then(() => {
      if (--open === 0) resolve();
    }, reject);
  }
  openNext();
  return promise;
}
