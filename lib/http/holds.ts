/**
 * Attempts whose clocks stand still now and then, because they wait for leave to read on, and not for their servers.
 *
 * @module
 */

import type { Watched } from "./watched.ts";

/** Attempts that are held, or were. */
export class Holds {
  /** Since when each is held, if it is, and for how many milliseconds it was before. */
  readonly #held = new Map<Watched, { since?: number; ms: number }>();

  /** Begins to hold an attempt. */
  begin(watched: Watched): void {
    this.#held.set(watched, { since: performance.now(), ms: this.#held.get(watched)?.ms ?? 0 });
  }

  /** Ends that: what it reads from now on is in time. */
  end(watched: Watched): void {
    const hold = this.#held.get(watched);
    if (hold?.since === undefined) return; // it has ended meanwhile
    const now = performance.now();
    hold.ms += now - hold.since;
    hold.since = undefined;
    watched.lastDataAt = now;
  }

  /** Forgets an attempt that has ended. */
  forget(watched: Watched): void {
    this.#held.delete(watched);
  }

  /** For how many milliseconds an attempt was held; `Infinity` while it is. */
  msOf(watched: Watched): number {
    const hold = this.#held.get(watched);
    return hold === undefined ? 0 : hold.since === undefined ? hold.ms : Infinity;
  }
}
