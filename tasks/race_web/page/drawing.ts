/// <reference lib="dom" />
/**
 * What both pictures of a lane have in common: a canvas in the pixels of the screen, and the lane's colours.
 *
 * @module
 */

import { type Inks, inksOf } from "./colors.ts";
import type { Recording } from "./recording.ts";

/** A picture of a lane's requests at any moment. */
export interface Picture {
  /**
   * Draws what there was.
   *
   * @param recording The lane's requests.
   * @param ms The moment, in milliseconds since the lane's start.
   */
  draw(recording: Recording, ms: number): void;
  /** Takes up a change of the size or the colours: the next drawing is a whole one. */
  refresh(): void;
}

/** A canvas to draw on. Its lengths are pixels of the screen. */
export class Sheet {
  /** The canvas. */
  readonly canvas: HTMLCanvasElement;
  /** What draws on it. */
  readonly context: CanvasRenderingContext2D;
  /** Pixels of the screen for each of CSS. */
  scale = 1;
  /** The lane's colours. */
  inks: Inks;

  /** Takes a canvas that is in its lane. */
  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("This browser has no canvas to draw on");
    this.canvas = canvas;
    this.context = context;
    this.inks = inksOf(canvas.parentElement ?? document.body);
  }

  /** Its width. */
  get width(): number {
    return this.canvas.width;
  }

  /** Its height. */
  get height(): number {
    return this.canvas.height;
  }

  /** Makes it as wide as its place, and so high; what was on it is gone. Lengths are those of CSS. */
  fit(height: (width: number, scale: number) => number): void {
    const width = this.canvas.parentElement ? this.canvas.getBoundingClientRect().width : 0;
    this.scale = devicePixelRatio;
    this.canvas.width = Math.max(1, Math.round(width * this.scale));
    this.canvas.height = Math.max(1, Math.round(height(width, this.scale) * this.scale));
    this.canvas.style.height = `${this.canvas.height / this.scale}px`;
    this.inks = inksOf(this.canvas.parentElement ?? document.body);
  }

  /** Fills a rectangle. */
  fill(color: string | CanvasPattern, x: number, y: number, width: number, height: number): void {
    this.context.fillStyle = color;
    this.context.fillRect(x, y, width, height);
  }
}
