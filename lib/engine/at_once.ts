/**
 * Bounded concurrency: a number of loops over one shared iterator. Each takes the next job as soon as its last one has
 * ended, so a slow job holds up nobody else.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";

/** What lanes take jobs from: an iterator that any number of loops may pull from at once. */
export interface JobIterator extends Pick<AsyncIterator<Job, undefined>, "next"> {
  /** The next job, if there is one that needn't be waited for. Default: all are waited for. */
  takeNow?(): Job | undefined;
}

/** Where jobs come from, and where what became of them goes. */
export interface Jobs extends JobIterator {
  /** Takes the outcome of a job. */
  settle(outcome: Outcome): void;
  /** Called with how many lanes are open whenever some have been opened. Default: none. */
  opened?(lanes: number): void;
}

/** What takes what came of a job. */
export interface Ended<T> {
  /** Takes what came of it. */
  settle(ended: T): void;
  /** Takes what was thrown in its place, which ends all. */
  fail(cause: unknown): void;
}

/**
 * What is done with each job, and in which lane: 0 to `limit - 1`. Either its promise says what came of it, or it returns
 * nothing and tells `ended` later, which takes less memory.
 */
export type Work<T> = (job: Job, lane: number, ended: Ended<T>) => Promise<T> | void;

/** Options of {@linkcode atOnce}. */
export interface LanesOptions<T> {
  /**
   * Takes what came of a job, before its lane takes the next one. When it returns `false` there was one lane too many:
   * the lane is closed, unless it is the first, and may be opened again later. Default: none.
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
 * @param work What is done with each job.
 * @param options Who takes what came of each, and what to wait for before a lane is opened.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What `work` or `settle` throws first.
 */
export function atOnce<T>(
  limit: number,
  jobs: JobIterator,
  work: Work<T>,
  { settle, pause }: LanesOptions<T> = {},
): Promise<void> {
  let lanes: Lanes<T> | undefined;
  let used = 0;
  return openEach(limit, jobs, (first, end, fail) => {
    lanes ??= { jobs, work, settle, closed: [], end, fail };
    new Lane(lanes.closed.pop() ?? used++, lanes).start(first);
  }, pause);
}

/** What the lanes of {@linkcode atOnce} have in common. */
interface Lanes<T> extends LanesOptions<T> {
  jobs: JobIterator;
  work: Work<T>;
  /** The lanes that were one too many. */
  closed: number[];
  end: () => void;
  fail: (cause: unknown) => void;
}

/** One job after another. Not an async function: for each of 100,000 that wait, that would take 400 bytes more. */
class Lane<T> implements Ended<T> {
  readonly #number: number;
  readonly #lanes: Lanes<T>;
  /** {@linkcode settle} for promises; made for the first of them. */
  #settle: ((ended: T) => void) | undefined = undefined;

  constructor(number: number, lanes: Lanes<T>) {
    this.#number = number;
    this.#lanes = lanes;
  }

  start(job: Job): void {
    const { work, fail } = this.#lanes;
    try {
      const promise = work(job, this.#number, this);
      if (promise) promise.then(this.#settle ??= (ended) => this.settle(ended), fail);
    } catch (cause) {
      fail(cause);
    }
  }

  fail(cause: unknown): void {
    this.#lanes.fail(cause);
  }

  settle(ended: T): void {
    const { jobs, settle, closed, end, fail } = this.#lanes;
    try {
      if (settle?.(ended, this.#number) === false && this.#number > 0) {
        closed.push(this.#number);
        return end();
      }
      const next = jobs.takeNow?.();
      if (next) this.start(next);
      else jobs.next().then(({ value }) => value ? this.start(value) : end(), fail);
    } catch (cause) {
      fail(cause);
    }
  }
}

/** What is waited for while so many lanes are open, if anything, before another one is. */
export type Pause = (open: number) => Promise<void> | undefined;

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
 * @param limit Lanes open at most. With 0, nothing is done.
 * @param jobs Where the lanes' first jobs come from.
 * @param lane A lane: does its first job, then takes more from `jobs` until there are none.
 * @param pause Waited for between two openings. Default: nothing is.
 * @returns When there are no more jobs and every lane has ended.
 * @throws What a lane throws first.
 */
export function openLanes(
  limit: number,
  jobs: JobIterator,
  lane: (first: Job) => Promise<void>,
  pause?: Pause,
): Promise<void> {
  return openEach(limit, jobs, (first, end, fail) => void lane(first).then(end, fail), pause);
}

/** The same for lanes that call one of two functions at their end. */
function openEach(
  limit: number,
  jobs: JobIterator,
  start: (first: Job, end: () => void, fail: (cause: unknown) => void) => void, // always with the same two functions
  pause?: Pause,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let open = 0;
  let opening = true;
  let endPause = () => {};
  let endLimit = () => {};
  // Two functions for all lanes, rather than two for each: there may be ten thousand
  const end = () => {
    open--;
    if (open === 0 && !opening) return resolve();
    if (open === 0) endPause(); // nothing is left whose answers a pause could wait for
    endLimit();
  };
  async function openAll(): Promise<void> {
    while (limit > 0) {
      const first = jobs.takeNow?.() ?? (await jobs.next()).value;
      if (first === undefined) break;
      open++;
      start(first, end, reject);
      const paused = pause?.(open);
      if (paused) await Promise.race([paused, new Promise<void>((resolve) => endPause = resolve)]);
      while (open === limit) await new Promise<void>((resolve) => endLimit = resolve);
    }
    opening = false;
    if (open === 0) resolve();
  }
  openAll().catch(reject);
  return promise;
}
