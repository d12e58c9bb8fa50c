/**
 * A machine's presence in a run: a key at the broker that it renews every 5 s, and that goes after 15 s without.
 *
 * It is renewed by revision, never by put: a machine that was frozen mustn't bring back a key that others have seen go. Once
 * the key is gone, the machine goes on under a new name.
 *
 * @module
 */

import { BrokerError } from "./broker_error.ts";
import type { KeyValues } from "./key_values.ts";
import { GONE_MS, Lease, type LeaseState, type Moment, momentNow } from "./lease.ts";

/** The part of a session's time after which it is renewed: 5 s. */
const RENEW = 5 / 15;

/** The part of it after which a renewal is tried again that wasn't answered: 1 s. */
const RETRY = 1 / 15;

/** What a session needs. */
export interface SessionOptions {
  /** The clocks. Default: the machine's. */
  now?: () => Moment;
  /** Makes names that nobody else has: letters, digits, `_` and `-`. Default: random ones. */
  makeName?: () => string;
  /** Milliseconds after which it is gone at the broker without a renewal: as the run has it. Default: 15,000. */
  goneMs?: number;
  /** What others may know of the machine, as plain data. Default: nothing. */
  about?: unknown;
}

/** A session that is lost: what was going on under its name mustn't go on. */
export class SessionLostError extends Error {
  /** Its class. */
  override readonly name = "SessionLostError";
}

/** A machine's presence in a run. */
export class Session {
  readonly #live: KeyValues;
  readonly #now: () => Moment;
  readonly #makeName: () => string;
  readonly #value: Uint8Array;
  readonly #lease: Lease;
  readonly #renewMs: number;
  readonly #retryMs: number;
  #name = "";
  /** The key's revision; undefined while it isn't known whether there is a key. */
  #revision: number | undefined;

  /**
   * Makes a session that hasn't begun.
   *
   * @param live The sessions of the run.
   * @param options Its clocks and names.
   */
  constructor(live: KeyValues, options: SessionOptions = {}) {
    const { now = momentNow, makeName = () => crypto.randomUUID(), about = {}, goneMs = GONE_MS } = options;
    this.#live = live;
    this.#now = now;
    this.#makeName = makeName;
    this.#value = new TextEncoder().encode(JSON.stringify(about));
    this.#lease = new Lease(now, goneMs);
    this.#renewMs = Math.round(goneMs * RENEW);
    this.#retryMs = Math.round(goneMs * RETRY);
  }

  /** Its name; another one after it was gone. */
  get name(): string {
    return this.#name;
  }

  /** What may be done under its name now. */
  get state(): LeaseState {
    return this.#lease.state;
  }

  /** Milliseconds between two renewals. */
  get renewMs(): number {
    return this.#renewMs;
  }

  /** Milliseconds until {@linkcode state} is the next one, if it isn't renewed. */
  get nextChangeMs(): number {
    return this.#lease.nextChangeMs;
  }

  /**
   * Looks whether work may go on that was begun under a name: after every await that touches the broker.
   *
   * @param name The name it was begun under.
   * @throws {SessionLostError} If it may not.
   */
  check(name: string): void {
    if (name === this.#name && this.state === "held") return;
    throw new SessionLostError(`The session ${name} isn't held any more`);
  }

  /**
   * Renews it, or begins it under a new name if it is gone.
   *
   * @returns Milliseconds after which to call this again.
   * @throws {BrokerError} If the broker refuses for another reason than that the key is gone.
   */
  async renew(): Promise<number> {
    if (this.state === "gone") this.#begin();
    const sentAt = this.#now();
    const name = this.#name;
    try {
      const revision = await this.#live.write(name, this.#value, this.#revision);
      if (name !== this.#name) return 0; // it was left meanwhile
      this.#revision = revision;
      this.#lease.confirmed(sentAt);
      return this.#renewMs;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      if (error.kind === "unreachable") return this.#retryMs;
      if (error.kind !== "conflict") throw error;
    }
    return await this.#find(name);
  }

  /** Removes the key, so that others needn't wait for its end. What was going on must have ended. */
  async leave(): Promise<void> {
    const revision = this.#revision;
    this.#lease.end();
    this.#name = "";
    if (revision !== undefined) await this.#live.remove(revision);
  }

  #begin(): void {
    this.#lease.end();
    this.#name = this.#makeName();
    this.#revision = undefined;
  }

  /**
   * Finds out why a renewal was refused. An earlier one may have been done although its answer got lost: names are unique, so a
   * key that is there is our own, and is renewed from the revision it has. If it isn't there, others may have seen that.
   */
  async #find(name: string): Promise<number> {
    try {
      const there = await this.#live.get(name);
      if (name !== this.#name) return 0;
      if (there === undefined) this.#begin();
      else this.#revision = there.revision;
      return 0;
    } catch (error) {
      if (error instanceof BrokerError && error.kind === "unreachable") return this.#retryMs;
      throw error;
    }
  }
}
