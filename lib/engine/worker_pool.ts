/**
 * Downloads in Web Workers: each is given as many jobs as it has room for, and the next ones as it finishes.
 *
 * @module
 */

import type { Job } from "../core/download.ts";
import { CommandError } from "../core/errors.ts";
import { openLanes, turn } from "./at_once.ts";
import { type PackedOutcomes, unpackOutcomes } from "./packed_outcomes.ts";
import type { Queue } from "./queue.ts";
import type { Session } from "./session.ts";
import type { LeaveMessage } from "./worker_leave.ts";
import type { FromWorker, ToWorker } from "./worker_main.ts";

/** Jobs a worker is handed in one message: many enough to make the message cheap, few enough that workers share evenly. */
export const WORKER_BATCH = 200;

/** Workers that may die one after another without having ended a job before no more are started in their place. */
export const MAX_FRUITLESS_WORKERS = 3;

/** How the workers work. */
export interface WorkersOptions {
  /** Workers at most, 0 or more. One is started only when there is a job for it. */
  workers: number;
  /** Downloads each worker has in flight at most, 1 or more. Without a script, those that stall don't count. */
  lanes: number;
  /** Starts a worker, which runs `worker_main.ts`. */
  start: () => Worker;
  /** The module whose `inIsolate` says how a worker downloads. Default: one by one, by plain `fetch`. */
  script?: string;
}

/**
 * Downloads jobs in workers.
 *
 * When a worker dies, the jobs it had count as failed, which further attempts may cure, and a new worker takes its
 * place. After some that died before they ended a single job, no more are started in that place.
 *
 * @param jobs Where the jobs come from and their outcomes go.
 * @param session Settings for the workers, and the signal that ends them.
 * @param options How many there are, and how each works.
 * @returns When every job has ended. No worker is left then.
 */
export function inWorkers(jobs: Queue, session: Session, options: WorkersOptions): Promise<void> {
  if (![WORKER, options.script ?? WORKER].every(mayRead)) {
    const message = `workers need --allow-read=${decodeURIComponent(new URL(PROJECT).pathname)}, where their code is`;
    if (options.script === undefined) return Promise.reject(new CommandError(message));
    session.explain(`this isolate downloads alone: ${message}`);
    return Promise.resolve();
  }
  const peers: Peers = { workers: new Set(), usualMs: undefined };
  // The share that workers are opened with has nothing in flight for long, so a worker that isn't there yet comes first
  return openLanes(options.workers, jobs.share(), async (first) => {
    const own = jobs.share();
    let worker = new DownloadWorker(jobs, session, { ...options, peers });
    let fruitless = 0;
    try {
      for (let job: Job | undefined = first; job; job = (await own.next()).value) {
        if (worker.dead !== undefined && fruitless < MAX_FRUITLESS_WORKERS) {
          fruitless = worker.ended === 0 ? fruitless + 1 : 0;
          worker = new DownloadWorker(jobs, session, { ...options, peers });
        }
        worker.give([job, ...own.takeReady(Math.min(worker.room, WORKER_BATCH) - 1)]);
        while (worker.room === 0) await worker.change();
      }
      while (worker.busy) await worker.change();
    } finally {
      worker.terminate();
    }
  }, turn); // starting a worker takes 20 ms; meanwhile others may have become free for the next job
}

/** What a worker runs, which then imports the script. */
const WORKER = import.meta.resolve("./worker_main.ts");
const PROJECT = WORKER.replace(/[^/]+\/[^/]+\/[^/]+$/, "");

/** Whether a module may be loaded by a name that isn't written down: Deno takes that for reading it. It prompts for nothing. */
function mayRead(module: string): boolean {
  if (!module.startsWith("file:")) return true;
  return Deno.permissions.querySync({ name: "read", path: new URL(module) }).state === "granted";
}

/** What the workers of a run have in common. */
interface Peers {
  readonly workers: Set<DownloadWorker>;
  /** Milliseconds that their first download took, which says to the others when one of theirs has stalled. */
  usualMs: number | undefined;
}

/** A Web Worker and the jobs it has. */
class DownloadWorker {
  /** Set once the worker has died; jobs it is given from then on fail at once. */
  dead: string | undefined;
  /** Jobs it has ended. */
  ended = 0;
  readonly #jobs: Queue;
  readonly #session: Session;
  readonly #lanes: number;
  readonly #hasLanes: boolean;
  readonly #peers: Peers;
  readonly #worker: Worker;
  readonly #given = new Map<number, Job>();
  /** The jobs it has that have stalled. */
  readonly #stalled = new Set<number>();
  #opened = 0;
  #changed: () => void = () => {};

  constructor(jobs: Queue, session: Session, options: WorkersOptions & { peers: Peers }) {
    const { lanes, script, peers } = options;
    this.#jobs = jobs;
    this.#session = session;
    this.#lanes = lanes;
    this.#hasLanes = script !== undefined;
    this.#peers = peers;
    this.#worker = options.start();
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("lanes" in data) this.#opened = data.lanes;
      else if ("stalled" in data) this.#stall(data.stalled);
      else if ("leave" in data) this.#giveLeave(data);
      else this.#settle(data);
      this.#changed();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or the error would end this isolate too
      this.#die(event.message);
    };
    this.#worker.onmessageerror = () => this.#die("a message could not be read");
    const { settings } = session;
    this.#post({ settings: { ...settings, connections: settings.workerConnections ?? settings.connections }, script });
    if (peers.usualMs !== undefined) this.#post({ usualMs: peers.usualMs });
    peers.workers.add(this);
    session.signal.addEventListener("abort", this.#abort);
    if (session.signal.aborted) this.#abort();
  }

  /**
   * How many more jobs it has room for: one for every lane it has opened, and a batch to open further ones with. What
   * more it were given would wait there, while others are free. One without a script also has room for one in the place
   * of every job that has stalled; the others have lanes for those.
   */
  get room(): number {
    const lent = this.#hasLanes ? 0 : this.#stalled.size;
    return Math.min(this.#lanes, this.#opened + WORKER_BATCH) + lent - this.#given.size;
  }

  /** Whether it has jobs. */
  get busy(): boolean {
    return this.#given.size > 0;
  }

  /** Gives it jobs, as many as it has room for at most. */
  give(jobs: Job[]): void {
    for (const job of jobs) this.#given.set(job.id, job);
    if (this.dead === undefined) this.#post({ jobs });
    else this.#die(this.dead);
  }

  /** Waits until some of its jobs have ended. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#changed = resolve);
  }

  /** Ends the worker, and with it its connections. */
  terminate(): void {
    this.#session.signal.removeEventListener("abort", this.#abort);
    this.#peers.workers.delete(this);
    this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #settle(packed: PackedOutcomes): void {
    for (const outcome of unpackOutcomes(packed, (id) => this.#given.get(id))) {
      this.#given.delete(outcome.id);
      this.#stalled.delete(outcome.id);
      this.#jobs.settle(outcome);
      this.ended++;
      if (this.#peers.usualMs === undefined) this.#tellPeers(outcome.totalMs);
    }
  }

  /** Without it, each worker would find out for itself what is usual, and many start with a job for a host that is down. */
  #tellPeers(usualMs: number): void {
    this.#peers.usualMs = usualMs;
    for (const worker of this.#peers.workers) if (worker !== this) worker.#post({ usualMs });
  }

  #stall(ids: number[]): void {
    for (const id of ids) if (this.#given.has(id)) this.#stalled.add(id);
    this.#jobs.stalled(ids);
  }

  #giveLeave(asked: LeaveMessage): void {
    const { leave } = this.#session;
    if (asked.leave === "release") leave?.release(asked.id, asked.ended);
    else this.#post({ mayStart: this.#given.has(asked.id) && leave?.[asked.leave](asked.id) === true });
  }

  #die(why: string): void {
    this.dead = why;
    this.terminate();
    const message = `the worker died: ${why.replace(/\s+/g, " ")}`;
    for (const { id, url, attempt } of this.#given.values()) {
      this.#given.delete(id);
      this.#stalled.delete(id);
      const facts = { id, url, attempts: attempt, startedAt: Date.now(), totalMs: 0, bytes: 0 };
      this.#jobs.settle({ result: "failed", kind: "worker-died", message, ...facts });
    }
    this.#changed();
  }

  readonly #abort = (): void => this.#post({ abort: true });
}
