/// <reference lib="dom" />
/**
 * Few requests, each as a bar from when it was sent to when it ended: a staircase where each waits for the one before, a wall
 * where all wait together.
 *
 * @module
 */

import type { Axis } from "./axis.ts";
import { type Picture, Sheet } from "./drawing.ts";
import { hasEnded, isFailure, type Recording } from "./recording.ts";

/** CSS pixels that a request's row is high. */
const ROW = 3.5;

/** CSS pixels that a bar is long at least: of a failure, enough to be seen. */
const LEAST = 2;

/** The requests of a lane as bars. */
export class Staircase implements Picture {
  readonly #sheet: Sheet;
  readonly #rows: number;
  readonly #axis: Axis;

  /**
   * Prepares the picture.
   *
   * @param canvas Where it is drawn.
   * @param rows How many requests there are.
   * @param axis The times that it goes over, which all lanes have in common.
   */
  constructor(canvas: HTMLCanvasElement, rows: number, axis: Axis) {
    this.#sheet = new Sheet(canvas);
    this.#rows = rows;
    this.#axis = axis;
    this.refresh();
  }

  /** Takes up a change of the size or the colours. */
  refresh(): void {
    this.#sheet.fit(() => this.#rows * ROW);
  }

  /** Draws what there was. */
  draw(recording: Recording, ms: number): void {
    const sheet = this.#sheet;
    const { context, width, height, scale, inks } = sheet;
    const x = (at: number) => Math.min(1, at / this.#axis.endMs) * width;
    context.clearRect(0, 0, width, height);
    for (const tick of this.#axis.ticks) {
      sheet.fill(inks.line, Math.round(x(tick)), 0, Math.max(1, Math.round(scale)), height);
    }
    const row = height / this.#rows;
    const bar = (at: number, fromMs: number, toMs: number, color: string) => {
      const length = Math.max(x(toMs) - x(fromMs), LEAST * scale);
      sheet.fill(color, Math.min(x(fromMs), width - length), at * row, length, row - Math.max(0.8, scale * 0.8));
    };
    for (const [at, span] of recording.spans.entries()) {
      if (span[0] > ms) break;
      const isOver = hasEnded(span, ms);
      const color = !isOver ? inks.pale : isFailure(span) ? inks.failed : inks.ink;
      bar(at, span[0], Math.min(span[1], ms), color);
    }
    const open = recording.openSinceMs;
    if (open !== undefined && open <= ms) bar(recording.spans.length, open, ms, inks.pale);
    this.#dashes(x(this.#axis.delayMs));
    if (ms < this.#axis.endMs) sheet.fill(inks.quiet, x(ms), 0, Math.max(1, scale), height);
  }

  /** Where a page would be if it took no time but the website's own delay. */
  #dashes(x: number): void {
    const { context, height, scale, inks } = this.#sheet;
    context.beginPath();
    context.setLineDash([3 * scale, 3 * scale]);
    context.lineWidth = scale;
    context.strokeStyle = inks.quiet;
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }
}
