/**
 * Jobs in flight, that is handed out and not settled: which they are, whose, which of them have stalled, and whether there
 * is a place for another one.
 *
 * @module
 */

import type { Meter } from "../core/meter.ts";
import type { Outcome } from "../core/outcome.ts";
import { Places, type PlacesOptions } from "./places.ts";
import type { Account } from "./shares.ts";

/** A job, as far as it concerns {@linkcode InFlight}. */
export interface Flight {
  /** Its number is what an outcome is matched by. */
  readonly job: { readonly id: number };
  /** Whose it is while it is in flight. */
  account?: Account;
  /** Whether it brings next to nothing. */
  isStalled?: boolean;
}

/** What {@linkcode InFlight} is made with. */
export interface InFlightOptions extends PlacesOptions {
  /** The live counters to keep. */
  meter: Meter;
}

/** The jobs in flight. */
export class InFlight<T extends Flight> {
  readonly #meter: Meter;
  readonly #places: Places;
  readonly #flights = new Map<number, T>();
  #stalled = 0;

  /**
   * Makes books without a job.
   *
   * @param options How many there may be.
   */
  constructor(options: InFlightOptions) {
    this.#meter = options.meter;
    this.#places = new Places(options);
  }

  /** How many there are. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether another one may start, be it in the place of a stalled one. */
  get hasPlace(): boolean {
    const { size } = this.#flights;
    return size - this.#stalled < this.#places.regular && size < this.#places.all;
  }

  /** Whether another one may start that takes no stalled one's place. */
  get hasRegularPlace(): boolean {
    return this.#flights.size < this.#places.regular;
  }

  /**
   * Notes that a job has started.
   *
   * @param flight The job.
   * @param account Whose it is.
   */
  add(flight: T, account: Account): void {
    flight.account = account;
    account.inFlight++;
    this.#flights.set(flight.job.id, flight);
    const inFlight = ++this.#meter.inFlight;
    if (inFlight > this.#meter.peakInFlight) this.#meter.peakInFlight = inFlight;
  }

  /** Those that are meant. */
  where(isMeant: (flight: T) => boolean): T[] {
    return this.#flights.values().filter(isMeant).toArray();
  }

  /**
   * Notes that a job has stalled, so that another one may start in its place.
   *
   * @param id The number of the job.
   * @returns The job; undefined when it isn't in flight, was known to have stalled, or no further place can be lent.
   */
  stall(id: number): T | undefined {
    const flight = this.#flights.get(id);
    if (!flight || flight.isStalled || this.#stalled >= this.#places.lent) return undefined;
    this.#stalled++;
    flight.isStalled = true;
    return flight;
  }

  /**
   * Notes that a job has ended.
   *
   * @param outcome How.
   * @returns The job.
   * @throws {Error} If there is no such job.
   */
  takeBack(outcome: Outcome): T {
    const flight = this.#flights.get(outcome.id);
    if (!flight) throw new Error(`Job ${outcome.id} (${outcome.url}) was settled twice, or never handed out`);
    this.#flights.delete(outcome.id);
    this.#meter.inFlight--;
    if (flight.isStalled) this.#stalled--;
    if (flight.account) flight.account.inFlight--;
    const isOutOfFiles = outcome.result === "failed" && outcome.kind === "too-many-open-files";
    if (isOutOfFiles) this.#places.runOut(this.#flights.size);
    else this.#places.settle();
    return flight;
  }
}
