/**
 * What the failures of segments mean for those that are started next: a pause, and after too many, or one that no further
 * attempt cures, no connection beside another any more, since it may be just those that the server doesn't take.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Settings } from "../core/settings.ts";
import { backoff } from "./backoff.ts";

/** The failures of one body's segments. */
export class SegmentFailures {
  /** The last one; undefined if there was none. */
  last: unknown;
  /** Whether no connection is made beside another any more. */
  isAlone = false;
  /** When the next segment may be started. */
  notBefore = 0;
  readonly #settings: Pick<Settings, "retries" | "backoffMs">;
  #inARow = 0;

  /**
   * Begins without any.
   *
   * @param settings How many may fail in a row, and how long the first pause is at most.
   */
  constructor(settings: Pick<Settings, "retries" | "backoffMs">) {
    this.#settings = settings;
  }

  /**
   * Notes a failure.
   *
   * @param error Why.
   * @param segment Bytes that came of it, and whether it may pass.
   */
  note(error: unknown, { bytes, isTransient }: { bytes: number; isTransient: boolean }): void {
    const { retries, backoffMs } = this.#settings;
    this.last = error;
    this.#inARow = bytes >= KEEP_PARTIAL_FROM ? 1 : this.#inARow + 1;
    this.isAlone = !isTransient || this.#inARow > retries;
    this.notBefore = performance.now() + backoff(this.#inARow, { baseMs: backoffMs });
  }
}
