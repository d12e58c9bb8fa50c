/**
 * An attempt under watch: when data came, how much, and what ends it before its time.
 *
 * There may be 100,000 in flight, so what ends one is a flag and a function: an AbortController with its signal takes 500
 * bytes and a microsecond, and is made only for those that need one, as `fetch` does.
 *
 * @module
 */

/** What can be ended. */
export interface Abortable {
  /** Ends it, with a reason. */
  abort(reason: unknown): void;
}

/** What ends a request. */
export interface Ending {
  /** Whether the request is to end. */
  readonly aborted: boolean;
  /** Why. */
  readonly reason: unknown;
  /**
   * Aborted once, with the reason, when the request is to end. Belongs to whoever sends the request, who sets it back to
   * undefined when there is nothing left to end. What was aborted before doesn't abort it: look at `aborted` first.
   */
  ends: Abortable | undefined;
  /** The same as a signal. Made when it is first asked for. */
  readonly signal: AbortSignal;
}

/**
 * What a signal ends, for those that aren't watched.
 *
 * @param signal Ends it. Default: nothing does.
 * @returns The ending, which is good for as long as the signal isn't shared with many requests.
 */
export function endingBy(signal?: AbortSignal): Ending {
  const ending = new Watched(0, 0);
  if (signal?.aborted) ending.abort(signal.reason);
  else signal?.addEventListener("abort", () => ending.abort(signal.reason), { once: true });
  return ending;
}

/** One attempt under watch. */
export class Watched implements Ending {
  /** Whether it was aborted. */
  aborted = false;
  /** What it was aborted with. */
  reason: unknown = undefined;
  /** What is aborted with it. */
  ends: Abortable | undefined = undefined;
  /** When headers or the last chunk came, by `performance.now()`; 0 before the headers. */
  lastDataAt = 0;
  /** Bytes of the body that have come. */
  bytes = 0;
  /** Bytes of the body that are kept to be continued, after it broke off. */
  keptBytes: number | undefined = undefined;
  /** Whether it was reported as stalled. */
  isStalled = false;
  /** What is known of its body where progress is shown. */
  progress: Progress | undefined = undefined;
  /** The attempts that began before and after it, as {@linkcode "./deadlines.ts".Deadlines} keeps them. */
  previous: Watched | undefined = undefined;
  /** See {@linkcode previous}. */
  next: Watched | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  /**
   * Begins an attempt.
   *
   * @param id The number of its job.
   * @param startedAt When it began, by `performance.now()`.
   */
  constructor(readonly id: number, public startedAt: number) {}

  /** Aborted when the attempt is. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /**
   * Ends the attempt. Only the first reason counts.
   *
   * @param reason What its request throws.
   */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const { ends } = this;
    this.ends = undefined;
    this.#controller?.abort(reason);
    ends?.abort(reason);
  }
}

/** How much of a body there is. */
export interface Progress {
  /** Bytes of the body that were there before. */
  before: number;
  /** Bytes of the whole body; not above 0 if that isn't known. */
  whole: number;
  /** Bytes that have been counted as arrived. */
  counted: number;
  /** How much of the body was there at the last look, 1 for all of it. */
  part: number;
}
