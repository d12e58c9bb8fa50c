/**
 * What failed: the first URLs of each kind, to be shown, and when each failure was, to be drawn.
 *
 * @module
 */

import type { Failed, FailureKind } from "../core/outcome.ts";

/** URLs that are shown of each kind of failure. */
export const SHOWN_URLS = 20;

/** Failures that are drawn each: more would stand closer than two pixels on any screen, and bins say how many. */
export const MAX_DRAWN_FAILURES = 2_000;

/** A URL that failed, and why. */
export interface FailedUrl {
  /** Why, in a word. */
  kind: FailureKind;
  /** The URL that was asked for, without credentials. */
  url: string;
  /** Why, in a sentence. */
  message: string;
}

/** Collects failures, in constant memory. */
export class FailedRequests {
  /** The first URLs of each kind. */
  readonly urls: FailedUrl[] = [];
  /** When the first failures ended, in milliseconds since the start. */
  readonly endedMs: number[] = [];
  readonly #shown = new Map<FailureKind, number>();

  /**
   * Adds a failure.
   *
   * @param failure What failed, and why.
   * @param endMs When, in milliseconds since the start; undefined if it was never sent.
   */
  add({ kind, url, message }: Failed, endMs: number | undefined): void {
    const shown = this.#shown.get(kind) ?? 0;
    if (shown < SHOWN_URLS) {
      this.#shown.set(kind, shown + 1);
      this.urls.push({ kind, url, message });
    }
    if (endMs !== undefined && this.endedMs.length < MAX_DRAWN_FAILURES) this.endedMs.push(endMs);
  }
}
