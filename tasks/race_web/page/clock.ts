/// <reference lib="dom" />
/**
 * The time of the show: it goes on, stands still, or is put somewhere else.
 *
 * @module
 */

/** Milliseconds between two pictures for those who prefer reduced motion: numbers change, nothing moves. */
const CALM_MS = 1_000;

/** What a {@linkcode Clock} needs to know. */
export interface ClockOptions {
  /** Called with every moment that is to be shown. */
  show: (ms: number) => void;
  /** When the show ends; `Infinity` while that isn't known. */
  endMs: () => number;
  /** Called when it goes on, or stands still. */
  changed: () => void;
}

/** A clock that shows one moment after another. */
export class Clock {
  /** The moment that is shown, in milliseconds since the start. */
  ms = 0;
  #startedAt: number | undefined;
  #standing: (() => void)[] = [];
  #cancel: () => void = () => {};
  readonly #options: ClockOptions;

  /** Makes a clock that stands still. */
  constructor(options: ClockOptions) {
    this.#options = options;
  }

  /** Whether it goes on. */
  get isPlaying(): boolean {
    return this.#startedAt !== undefined;
  }

  /** Waits until it stands still, at the end or because somebody has put it elsewhere. */
  stands(): Promise<void> {
    if (!this.isPlaying) return Promise.resolve();
    return new Promise((resolve) => this.#standing.push(resolve));
  }

  /** Goes on from a moment. */
  play(fromMs: number): void {
    this.pause();
    this.#startedAt = performance.now() - fromMs;
    this.#options.changed();
    this.#tick();
  }

  /** Stands still. */
  pause(): void {
    this.#cancel();
    if (this.#startedAt === undefined) return;
    this.#startedAt = undefined;
    this.#options.changed();
    for (const resolve of this.#standing.splice(0)) resolve();
  }

  /** Shows another moment, and stands still there. */
  seek(ms: number): void {
    this.pause();
    this.ms = ms;
    this.#options.show(ms);
  }

  readonly #tick = (): void => {
    if (this.#startedAt === undefined) return;
    const endMs = this.#options.endMs();
    this.ms = Math.min(performance.now() - this.#startedAt, endMs);
    this.#options.show(this.ms);
    if (this.ms >= endMs) return this.pause();
    this.#cancel = later(this.#tick);
  };
}

/** Calls something when the next picture is due; what is returned keeps it from that. */
function later(tick: () => void): () => void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const timer = setTimeout(tick, CALM_MS);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(tick);
  return () => cancelAnimationFrame(frame);
}
