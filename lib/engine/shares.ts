/**
 * Fairness between isolates: each takes jobs by a share of its own, and where there are more lanes than jobs, the share with
 * the fewest jobs in flight comes first.
 *
 * @module
 */

import type { Job } from "../core/download.ts";

/** What takes jobs for one isolate. */
export interface Share {
  /** The next job, as soon as there is one; `done` once every job has ended, or the signal was aborted. */
  next(): Promise<IteratorResult<Job, undefined>>;
  /** The next job, if there is one that can start right now and no other share's lane waits for it. */
  takeNow(): Job | undefined;
  /**
   * Jobs that can start right now, without waiting for any.
   *
   * @param max How many at most.
   * @returns From none to `max` jobs.
   */
  takeReady(max: number): Job[];
}

/** The books of a share. */
export interface Account {
  /** Its jobs in flight: whoever hands them out and takes them back counts them. */
  inFlight: number;
  /** Its lanes that wait for a job. */
  readonly idle: ((next: IteratorResult<Job, undefined>) => void)[];
}

/** Where {@linkcode Shares} get jobs. */
export interface SharesOptions {
  /** Hands out a job that can start right now, if there is one. */
  take: (account: Account) => Job | undefined;
  /** Whether there won't be any more jobs. */
  isOver: () => boolean;
}

type Pull = IteratorResult<Job, undefined>;
const END: Pull = { done: true, value: undefined };

/** The shares of all isolates, and the lanes of theirs that wait for a job. */
export class Shares {
  readonly #options: SharesOptions;
  readonly #accounts: Account[] = [];
  /** Lanes that wait for a job, in all accounts. */
  #idle = 0;
  #willWake = false;

  /**
   * Makes no share yet.
   *
   * @param options Where jobs come from.
   */
  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** Opens a share. */
  open(): Share {
    const account: Account = { inFlight: 0, idle: [] };
    this.#accounts.push(account);
    return {
      next: () => this.#next(account),
      takeNow: () => this.#takeNow(account),
      takeReady: (max) => this.#takeReady(account, max),
    };
  }

  /** Gives idle lanes what can start, or sends them home when all is done. */
  wake(): void {
    while (this.#idle > 0) if (!this.#wakeOne()) return;
  }

  /**
   * Wakes idle lanes once those that settle a job in this turn have asked for their next ones: otherwise more lanes would be
   * opened than are needed.
   */
  wakeSoon(): void {
    if (this.#idle === 0 || this.#willWake) return;
    if (this.#options.isOver()) return this.wake(); // nobody asks for more
    this.#willWake = true;
    setImmediate(() => {
      this.#willWake = false;
      this.wake();
    });
  }

  #next(account: Account): Promise<Pull> {
    const { isOver } = this.#options;
    const job = this.#takeNow(account);
    if (job) return Promise.resolve({ done: false, value: job });
    if (isOver()) {
      this.wake(); // the last download may have needed no lane, and the other lanes don't know it yet
      return Promise.resolve(END);
    }
    const { promise, resolve } = Promise.withResolvers<Pull>();
    const others = this.#idle - account.idle.length;
    account.idle.push(resolve);
    this.#idle++;
    if (others > 0) this.#wakeOne(); // perhaps another share's lane, which has waited for this
    return promise;
  }

  /** Where lanes of no other share wait, the one that asks comes first: it has settled a job, and gets this one in its place. */
  #takeNow(account: Account): Job | undefined {
    return this.#idle === account.idle.length ? this.#options.take(account) : undefined;
  }

  #takeReady(account: Account, max: number): Job[] {
    const { take } = this.#options;
    const jobs: Job[] = [];
    while (jobs.length < max) {
      const job = take(account);
      if (!job) break;
      jobs.push(job);
    }
    return jobs;
  }

  #wakeOne(): boolean {
    const { take, isOver } = this.#options;
    const account = this.#neediest();
    const job = take(account);
    if (!job && !isOver()) return false;
    this.#idle--;
    account.idle.pop()?.(job ? { done: false, value: job } : END);
    return true;
  }

  /** The account with the fewest jobs in flight of those whose lanes wait. */
  #neediest(): Account {
    let neediest = this.#accounts[0];
    for (const account of this.#accounts) {
      if (account.idle.length === 0) continue;
      if (neediest.idle.length === 0 || account.inFlight < neediest.inFlight) neediest = account;
    }
    return neediest;
  }
}
