/// <reference lib="dom" />
/**
 * The times that all lanes are drawn over, and their labels.
 *
 * @module
 */

/** Milliseconds that two ticks may be apart. */
const STEPS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];

/** Ticks at most. */
const MOST = 7;

/** The times from the start to the end of the slowest lane. */
export class Axis {
  /** When the slowest lane ends, or will end at the earliest. */
  endMs = 1;
  /** Milliseconds that the website waits. */
  delayMs: number;

  /**
   * Makes an axis.
   *
   * @param delayMs Milliseconds that the website waits before each answer.
   */
  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  /** The times that have a label. */
  get ticks(): number[] {
    const step = STEPS.find((step) => this.endMs / step <= MOST) ?? this.endMs;
    return Array.from({ length: Math.floor(this.endMs / step) + 1 }, (_, i) => i * step);
  }

  /** Writes the labels, each where its time is. */
  label(place: HTMLElement): void {
    place.replaceChildren(...this.ticks.map((tick) => {
      const label = document.createElement("span");
      label.textContent = `${tick / 1_000} s`;
      label.style.left = `${tick / this.endMs * 100}%`;
      return label;
    }));
  }
}
