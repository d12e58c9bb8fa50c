/**
 * Leave for further requests of a job that is in flight, as its segments need: each counts as one more to its host, and takes
 * a place of its own. What waits for the host goes first.
 *
 * @module
 */

import type { Ended } from "./host.ts";
import type { HostLimits, HostRequest } from "./host_limits.ts";
import type { InFlight } from "./in_flight.ts";

const UNKNOWN: Ended = { as: "unknown", isOverload: false, isNowhere: false };

/** Gives leave for further requests, here or through another isolate. */
export interface Leave {
  /**
   * Asks for one more request of a job, beside those that it has in flight.
   *
   * @param id The job's number.
   * @returns Whether it may be made now.
   */
  acquire(id: number): boolean | Promise<boolean>;
  /**
   * Asks for another request of a job in the place of its own, which has ended.
   *
   * @param id The job's number.
   * @returns Whether it may be made now.
   */
  renew(id: number): boolean | Promise<boolean>;
  /**
   * Gives back what was acquired.
   *
   * @param id The job's number.
   * @param ended What a request of it says of its host.
   */
  release(id: number, ended: Ended): void;
}

/** The requests that one job makes at a time: its own, and further ones by leave. */
export class JobRequests {
  readonly #leave: Leave;
  readonly #id: number;
  #further = 0;

  /**
   * Begins with the job's own.
   *
   * @param leave Gives leave for further ones.
   * @param id The job's number.
   */
  constructor(leave: Leave, id: number) {
    this.#leave = leave;
    this.#id = id;
  }

  /**
   * Asks for one more.
   *
   * @param inFlight How many there are. Without one, it takes the place of the job's own.
   * @returns Whether it may be made now.
   */
  async mayStart(inFlight: number): Promise<boolean> {
    if (inFlight === 0) return await this.#leave.renew(this.#id);
    const mayStart = await this.#leave.acquire(this.#id);
    if (mayStart) this.#further++;
    return mayStart;
  }

  /** Whether there is leave for one more: what was given may have been given back meanwhile, as others have ended. */
  hasLeave(inFlight: number): boolean {
    return inFlight <= this.#further;
  }

  /**
   * Gives back leave for more than there are.
   *
   * @param inFlight How many there are.
   * @param ended What one that has ended says of its host. Default: nothing.
   */
  keep(inFlight: number, ended: Ended = UNKNOWN): void {
    for (; this.#further > Math.max(0, inFlight - 1); this.#further--) this.#leave.release(this.#id, ended);
  }
}

/** Gives leave in the isolate that has the queue. */
export class FurtherRequests<T extends HostRequest & { job: { id: number } }> implements Leave {
  readonly #inFlight: InFlight<T>;
  readonly #hosts: HostLimits<T>;
  readonly #onFree: () => void;
  readonly #further = new Map<number, T[]>();

  /**
   * Makes books without a further request.
   *
   * @param inFlight The jobs in flight.
   * @param hosts The limits of their hosts.
   * @param onFree Called when something else may have become free to go.
   */
  constructor(inFlight: InFlight<T>, hosts: HostLimits<T>, onFree: () => void) {
    this.#inFlight = inFlight;
    this.#hosts = hosts;
    this.#onFree = onFree;
  }

  /** Asks for one more request of a job; see {@linkcode Leave.acquire}. */
  acquire(id: number): boolean {
    const of = this.#inFlight.get(id);
    if (of === undefined || !this.#inFlight.hasRegularPlace) return false;
    const request = { ...of, host: undefined, isStalled: false, isProbe: false };
    if (!this.#hosts.startNow(request)) return false;
    this.#inFlight.addFurther(1);
    const all = this.#further.get(id);
    if (all) all.push(request);
    else this.#further.set(id, [request]);
    return true;
  }

  /** Asks for another request in the place of a job's own; see {@linkcode Leave.renew}. */
  renew(id: number): boolean {
    const of = this.#inFlight.get(id);
    return of !== undefined && this.#hosts.startAgain(of);
  }

  /** Gives back what was acquired; see {@linkcode Leave.release}. */
  release(id: number, ended: Ended): void {
    const request = this.#further.get(id)?.pop();
    if (request === undefined) return; // its job was settled meanwhile
    this.#inFlight.addFurther(-1);
    this.#hosts.end(request, ended);
    this.#onFree();
  }

  /** Takes all back that a job has, because it has ended. */
  end(id: number): void {
    const left = this.#further.get(id);
    if (left === undefined) return;
    this.#further.delete(id);
    this.#inFlight.addFurther(-left.length);
    for (const request of left) this.#hosts.end(request, UNKNOWN);
  }
}
