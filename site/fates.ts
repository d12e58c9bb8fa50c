/**
 * What becomes of a request: how long it waits, whether it fails, and how. It follows from the page, the attempt and the
 * seed, so that it is the same in every run.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Attempts } from "./attempts.ts";
import { ConnectionPace, type Pace } from "./connection_pace.ts";
import { chance } from "./hash.ts";
import type { Behaviour, Fault } from "./parameters.ts";

/** A request whose fate is to be known. */
export interface Fated {
  /** What is asked for, and counted. */
  page: string;
  /** The URL without its host. */
  path: string;
  /** What was asked for, over what the site does for everyone. */
  behaviour: Behaviour;
  /** Where it came from. */
  client: Deno.NetAddr;
}

/** What becomes of it. */
export interface Fate {
  /** How often the page was asked for, this time included; 1 where nothing depends on it. */
  attempt: number;
  /** How it breaks. Absent: it doesn't. */
  fault?: Fault;
  /** The status that was asked for, if it fails. Absent: none was. */
  status?: number;
  /** What it shares with the other bodies of its connection. Absent: it needn't wait. */
  pace?: Pace;
  /** Milliseconds since the site began. */
  age: number;
  /** A number from 0 up to 1 for each purpose. */
  lot: (purpose: string) => number;
}

/** Decides, and remembers how often each page was asked for, since that decides which requests fail. */
export class Fates {
  readonly #attempts = new Attempts();
  readonly #failures = new Attempts();
  readonly #pace = new ConnectionPace();
  #begin = performance.now();
  #warmAt?: number;

  /** Forgets how often each page was asked for, so that a second run fails like the first. */
  reset(): void {
    this.#attempts.reset();
    this.#failures.reset();
    this.#begin = performance.now();
    this.#warmAt = undefined;
  }

  /** What becomes of a request. Resolves after the wait that was asked for. */
  async of({ page, path, behaviour, client }: Fated): Promise<Fate> {
    const { seed = 0, failureRate, changeEvery } = behaviour;
    const lot = (purpose: string) => chance(`${purpose}:${seed}:${page}:${attempt}`);
    const counts = behaviour.jitter || failureRate || changeEvery || behaviour.validators === "restless" ||
      behaviour.fault === "BIT_FLIP";
    const attempt = counts ? this.#attempts.next(page) : 1;
    const wait = (behaviour.delay ?? 0) + (behaviour.jitter ?? 0) * lot("jitter");
    if (wait > 0) await delay(wait);
    if (behaviour.coldStart) await this.#warmUp(behaviour.coldStart);

    const isDue = this.#isDue(path, client, behaviour);
    const failsAtTimes = failureRate !== undefined || isDue !== undefined;
    const fails = !failsAtTimes || isDue === true || (failureRate !== undefined && lot("failure") < failureRate);
    const fault = fails ? behaviour.fault : undefined;
    const status = fails ? behaviour.status ?? (failsAtTimes && !fault ? 503 : undefined) : undefined;
    const pace = behaviour.connectionRate ? this.#pace.of(client, behaviour.connectionRate) : undefined;
    return { attempt, fault, status, pace, age: performance.now() - this.#begin, lot };
  }

  /** Waits until the site is warm: so long after the first request that asked for a cold start. */
  async #warmUp(coldStart: number): Promise<void> {
    const now = performance.now();
    this.#warmAt ??= now + coldStart;
    if (this.#warmAt > now) await delay(this.#warmAt - now);
  }

  /** Whether a request is one of the first, or in an outage; undefined if neither was asked for. */
  #isDue(path: string, client: Deno.NetAddr, { failFirst, outage, outageInterval }: Behaviour): boolean | undefined {
    if (failFirst === undefined && outage === undefined) return undefined;
    const isFirst = failFirst !== undefined && this.#failures.next(`${client.hostname} ${path}`) <= failFirst;
    const since = (performance.now() - this.#begin) % (outageInterval ?? Infinity);
    return isFirst || (outage !== undefined && since < outage);
  }
}
