/// <reference lib="dom" />
/**
 * Many requests, a square for each page: not asked for, in flight, arrived, failed.
 *
 * Only what has changed since the last drawing is drawn, so that sixty times per second is no work for the machine that is
 * being measured.
 *
 * @module
 */

import type { Counts, Span } from "../events.ts";
import { hatching } from "./colors.ts";
import { type Picture, Sheet } from "./drawing.ts";
import { isFailure, type Recording } from "./recording.ts";
import { squares } from "./squares.ts";

/** CSS pixels that it is high, or about that: squares are whole pixels of the screen. */
const HEIGHT = 124;

/** The pages of a lane as squares. */
export class Field implements Picture {
  readonly #sheet: Sheet;
  readonly #pages: number;
  #side = 1;
  #gap = 0;
  #columns = 1;
  #drawn: { version: number; ms: number } | undefined;
  /** How many of the requests have been drawn as sent, and how many as ended. */
  #sent = 0;
  #ended = 0;
  #byEnd: readonly Span[] = [];
  #isHatched = false;

  /**
   * Prepares the picture.
   *
   * @param canvas Where it is drawn.
   * @param pages How many there are.
   */
  constructor(canvas: HTMLCanvasElement, pages: number) {
    this.#sheet = new Sheet(canvas);
    this.#pages = pages;
    this.refresh();
  }

  /** Takes up a change of the size or the colours. */
  refresh(): void {
    this.#sheet.fit((width, scale) => {
      const { side, gap, columns, rows } = squares(this.#pages, { width: width * scale, height: HEIGHT * scale });
      this.#side = side;
      this.#gap = gap;
      this.#columns = columns;
      return rows * side / scale;
    });
    this.#drawn = undefined;
  }

  /** Draws what there was. */
  draw(recording: Recording, ms: number): void {
    const { inks } = this.#sheet;
    if (this.#drawn?.version !== recording.version || this.#drawn.ms > ms) this.#begin(recording);
    const { spans } = recording;
    for (let span; (span = spans[this.#sent]) && span[0] <= ms; this.#sent++) this.#square(span[3], inks.pale);
    for (let span; (span = this.#byEnd[this.#ended]) && span[1] <= ms; this.#ended++) {
      this.#square(span[3], isFailure(span) ? inks.failed : inks.ink);
    }
    const open = recording.openSinceMs;
    if (open !== undefined && open <= ms) this.#square(spans.length, inks.pale);
    if (recording.facts?.stopped && ms >= recording.endMs) {
      this.#hatch(Math.max(-1, ...spans.map(([, , , page]) => page)));
    }
    this.#drawn = { version: recording.version, ms };
  }

  /** Draws how far a run is of which no more is known yet. */
  drawCounts({ done, failed, inFlight }: Counts): void {
    const { inks } = this.#sheet;
    this.#clear();
    this.#drawn = undefined;
    for (let page = 0; page < done + failed + inFlight; page++) {
      this.#square(page, page < done ? inks.ink : page < done + failed ? inks.failed : inks.pale);
    }
  }

  #begin(recording: Recording): void {
    this.#clear();
    this.#sent = this.#ended = 0;
    this.#isHatched = false;
    this.#byEnd = recording.ended;
  }

  #clear(): void {
    const { context, width, height, inks } = this.#sheet;
    context.clearRect(0, 0, width, height);
    for (let page = 0; page < this.#pages; page++) this.#square(page, inks.faint);
  }

  #square(page: number, color: string): void {
    const side = this.#side;
    const x = page % this.#columns * side;
    const y = Math.floor(page / this.#columns) * side;
    this.#sheet.fill(color, x, y, side - this.#gap, side - this.#gap);
  }

  /** The pages that a run which was stopped didn't get to. */
  #hatch(lastPage: number): void {
    if (this.#isHatched) return;
    this.#isHatched = true;
    const { context, inks, scale } = this.#sheet;
    const row = Math.floor(lastPage / this.#columns) + 1;
    const rows = Math.ceil(this.#pages / this.#columns);
    const side = this.#side;
    this.#sheet.fill(
      hatching(context, inks.pale, scale),
      0,
      row * side,
      this.#columns * side,
      (rows - row) * side - this.#gap,
    );
  }
}
