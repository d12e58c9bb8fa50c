/**
 * Deadlines for any number of attempts at the price of one timer.
 *
 * A timer for each of 10,000 requests costs more than the requests' own bookkeeping. Here one interval looks at all
 * attempts in flight a few times a second, so a deadline fires up to a tenth of its length late, never early.
 *
 * @module
 */

/** How long the parts of an attempt may take. */
export interface DeadlineLimits {
  /** Milliseconds from the start to the response's headers. */
  connectTimeoutMs: number;
  /** Milliseconds between two chunks of the body. */
  idleTimeoutMs: number;
  /** Milliseconds the whole attempt may take. */
  timeoutMs: number;
}

/** Which deadline passed. */
export type DeadlineKind = "connect-timeout" | "idle-timeout" | "timeout";

/** The reason an attempt is aborted with when one of its deadlines has passed. */
export class DeadlineError extends Error {
  /** Its class. */
  override readonly name = "DeadlineError";

  /**
   * Says in words what was late.
   *
   * @param kind Which deadline passed.
   * @param ms How long it was.
   */
  constructor(readonly kind: DeadlineKind, ms: number) {
    super(
      {
        "connect-timeout": `no response within ${ms} ms`,
        "idle-timeout": `no data for ${ms} ms`,
        "timeout": `not complete within ${ms} ms`,
      }[kind],
    );
  }
}

/** One attempt under watch. */
export interface Watched {
  /** Aborted with a {@linkcode DeadlineError} when a deadline passes. */
  readonly controller: AbortController;
  /** When the attempt began, by `performance.now()`. */
  readonly startedAt: number;
  /** When headers or the last chunk came, by `performance.now()`; 0 before the headers. */
  lastDataAt: number;
}

/** Watches attempts and aborts those that take too long. */
export class Deadlines {
  readonly #limits: DeadlineLimits;
  readonly #watched = new Set<Watched>();
  readonly #tickMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Watches nothing yet.
   *
   * @param limits How long each attempt may take.
   */
  constructor(limits: DeadlineLimits) {
    this.#limits = limits;
    const shortest = Math.min(limits.connectTimeoutMs, limits.idleTimeoutMs, limits.timeoutMs);
    this.#tickMs = Math.min(250, Math.max(5, shortest / 10));
  }

  /**
   * Starts the clock of an attempt.
   *
   * @returns The attempt; set its `lastDataAt` as data comes, and give it to {@linkcode end} when it has ended.
   */
  start(): Watched {
    const watched = { controller: new AbortController(), startedAt: performance.now(), lastDataAt: 0 };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#check(), this.#tickMs);
    return watched;
  }

  /** Stops the clock of an attempt. */
  end(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Ends every attempt at once.
   *
   * @param reason What their requests throw.
   */
  abortAll(reason: unknown): void {
    for (const { controller } of this.#watched) controller.abort(reason);
  }

  #check(): void {
    const now = performance.now();
    for (const { controller, startedAt, lastDataAt } of this.#watched) {
      if (controller.signal.aborted) continue;
      const late = this.#late(now, startedAt, lastDataAt);
      if (late) controller.abort(late);
    }
  }

  #late(now: number, startedAt: number, lastDataAt: number): DeadlineError | undefined {
    const { connectTimeoutMs, idleTimeoutMs, timeoutMs } = this.#limits;
    if (now - startedAt > timeoutMs) return new DeadlineError("timeout", timeoutMs);
    if (lastDataAt === 0) {
      return now - startedAt > connectTimeoutMs ? new DeadlineError("connect-timeout", connectTimeoutMs) : undefined;
    }
    return now - lastDataAt > idleTimeoutMs ? new DeadlineError("idle-timeout", idleTimeoutMs) : undefined;
  }
}
