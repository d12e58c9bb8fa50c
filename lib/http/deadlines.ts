/**
 * Deadlines for any number of attempts at the price of one timer.
 *
 * A timer for each of 10,000 requests costs more than the requests' own bookkeeping. Here one interval looks at the attempts
 * in flight a few times per second, so a deadline fires up to a tenth of its length late, never early. They are kept in the
 * order in which they began, and a look ends at the first that is too young to be late: of 100,000 it sees next to none.
 *
 * @module
 */

import type { FlowCounter } from "../core/flow.ts";
import { Ticker } from "../core/timer.ts";
import { Holds } from "./holds.ts";
import { WatchList } from "./watch_list.ts";
import { Watched } from "./watched.ts";

/** Times as long as attempts usually take until one that brings nothing has stalled: few that are only slower are that slow. */
const PATIENCE = 4;

/** Attempts whose durations make the moving average, about. */
const AVERAGED = 16;

/** Milliseconds within which no attempt has stalled: longer than the pauses of a busy machine. */
const LEAST_PATIENCE_MS = 100;

/** Milliseconds after which an attempt that brings nothing has stalled while none has ended, so that nothing is usual yet. */
const FIRST_PATIENCE_MS = 2_000;

/** Milliseconds after which an attempt that brings nothing has stalled, however long others take. */
const MOST_PATIENCE_MS = 10_000;

/** Bytes per second below which an attempt brings next to nothing: a telephone line brings more. */
const LEAST_BYTES_PER_SECOND = 1_024;

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

/** What {@linkcode Deadlines} can be told. */
export interface DeadlinesOptions {
  /**
   * Told of attempts that bring next to nothing for several times as long as others take as a whole, by the numbers of
   * their jobs, each once. Default: none.
   */
  onStalled?: (ids: number[]) => void;
  /** Told what has arrived. Default: nothing is. */
  flow?: FlowCounter;
}

/** Watches attempts and aborts those that take too long. */
export class Deadlines {
  readonly #limits: DeadlineLimits;
  readonly #onStalled: ((ids: number[]) => void) | undefined;
  readonly #watched = new WatchList();
  /** Milliseconds before which no attempt can be late. */
  readonly #shortestMs: number;
  /** Milliseconds that attempts take, on a moving average; undefined before the first has ended. */
  #usualMs: number | undefined;
  readonly #flow: FlowCounter | undefined;
  #holds: Holds | undefined;
  /** Bytes of all attempts, as far as they have been counted. */
  #arrived = 0;
  /** The parts of those in flight, added up. */
  #parts = 0;
  readonly #ticker: Ticker;

  /**
   * Watches nothing yet.
   *
   * @param limits How long each attempt may take.
   * @param options Whom to tell of stalled ones.
   */
  constructor(limits: DeadlineLimits, { onStalled, flow }: DeadlinesOptions = {}) {
    this.#flow = flow;
    this.#limits = limits;
    this.#onStalled = onStalled;
    this.#shortestMs = Math.min(limits.connectTimeoutMs, limits.idleTimeoutMs, limits.timeoutMs);
    const tickMs = Math.min(onStalled ? LEAST_PATIENCE_MS / 2 : 250, Math.max(5, this.#shortestMs / 10));
    this.#ticker = new Ticker(tickMs, () => this.#check());
  }

  /**
   * Says what attempts take elsewhere, which counts until one has ended here.
   *
   * @param ms Milliseconds that they usually take.
   */
  expect(ms: number): void {
    this.#usualMs ??= ms;
  }

  /**
   * Starts the clock of an attempt.
   *
   * @param id The number of its job.
   * @returns The attempt; set its `lastDataAt` and `bytes` as data comes, and give it to {@linkcode end} when it has ended.
   */
  start(id: number): Watched {
    const watched = new Watched(id, performance.now());
    this.watch(watched);
    return watched;
  }

  /**
   * Keeps an eye on an attempt that begins now.
   *
   * @param watched The attempt.
   */
  watch(watched: Watched): void {
    this.#watched.add(watched);
    if (this.#flow) watched.progress ??= { before: 0, whole: -1, counted: 0, part: 0 };
    this.#ticker.start();
  }

  /**
   * Stops the clock of an attempt.
   *
   * @param watched The attempt, from {@linkcode start}.
   * @returns The milliseconds that it took.
   */
  end(watched: Watched): number {
    const tookMs = performance.now() - watched.startedAt;
    this.#watched.delete(watched);
    this.#holds?.forget(watched);
    if (this.#flow) {
      this.#count(watched, 0); // at once, so that what has ended isn't in flight, too
      if (this.#watched.size === 0) this.#parts = 0; // without what rounding has left
      this.#flow.set(this.#arrived, this.#parts);
    }
    if (this.#onStalled && !watched.isStalled) {
      this.#usualMs = this.#usualMs === undefined ? tookMs : this.#usualMs + (tookMs - this.#usualMs) / AVERAGED;
    }
    if (this.#watched.size === 0) this.#ticker.stop();
    return tookMs;
  }

  /**
   * Stops the clock of an attempt for a while: what it does now is no matter of its server's.
   *
   * @param watched The attempt, before it has sent anything.
   */
  pause(watched: Watched): void {
    this.#watched.delete(watched);
  }

  /**
   * Starts the clock of an attempt again, from the beginning. Whatever ended all attempts meanwhile has not ended this one.
   *
   * @param watched The attempt that was paused.
   */
  resume(watched: Watched): void {
    watched.startedAt = performance.now();
    this.watch(watched);
  }

  /** Attempts whose clocks stand still in the middle of their bodies. Made when it is first asked for. */
  get holds(): Holds {
    return this.#holds ??= new Holds();
  }

  /**
   * Ends every attempt at once.
   *
   * @param reason What their requests throw.
   */
  abortAll(reason: unknown): void {
    for (const watched of [...this.#watched]) watched.abort(reason);
  }

  /**
   * Ends some attempts.
   *
   * @param ids The numbers of their jobs. Those that aren't under watch are left out.
   * @param reason What their requests throw.
   */
  abort(ids: ReadonlySet<number>, reason: unknown): void {
    for (const watched of [...this.#watched]) if (ids.has(watched.id)) watched.abort(reason);
  }

  #check(): void {
    const now = performance.now();
    const patienceMs = this.#usualMs === undefined
      ? FIRST_PATIENCE_MS
      : Math.min(Math.max(this.#usualMs * PATIENCE, LEAST_PATIENCE_MS), MOST_PATIENCE_MS);
    const youngestMs = this.#onStalled ? Math.min(patienceMs, this.#shortestMs) : this.#shortestMs;
    const stalled: number[] = [];
    if (this.#flow) this.#countAll(this.#flow);
    for (const watched of this.#watched) {
      const { startedAt, lastDataAt } = watched;
      if (now - startedAt < youngestMs) break;
      const heldMs = this.#holds?.msOf(watched) ?? 0;
      if (watched.aborted || heldMs === Infinity) continue;
      const late = this.#late(now, startedAt + heldMs, lastDataAt);
      if (late) watched.abort(late);
      if (heldMs > 0) continue; // how little it brings is what it may
      const seconds = (now - startedAt) / 1_000;
      if (this.#onStalled === undefined || watched.isStalled || seconds * 1_000 < patienceMs) continue;
      watched.isStalled = watched.bytes < seconds * LEAST_BYTES_PER_SECOND;
      if (watched.isStalled) stalled.push(watched.id);
    }
    if (stalled.length > 0) this.#onStalled?.(stalled);
  }

  /** Counts what has arrived of an attempt since the last look; `part` is how much of it is in flight. */
  #count({ bytes, progress }: Watched, part: number): void {
    if (progress === undefined) return;
    this.#arrived += bytes - progress.counted;
    this.#parts += part - progress.part;
    progress.counted = bytes;
    progress.part = part;
  }

  #countAll(flow: FlowCounter): void {
    for (const watched of this.#watched) {
      const { before, whole } = watched.progress ?? { before: 0, whole: 0 };
      this.#count(watched, whole > 0 ? Math.min(1, (before + watched.bytes) / whole) : 0);
    }
    flow.set(this.#arrived, this.#parts);
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
