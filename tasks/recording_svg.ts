/**
 * What a command showed in a terminal, as one SVG that plays it: no player, no script, in any README.
 *
 * @module
 */

import { palette } from "../lib/core/palette.ts";
import type { Frame, Run } from "./terminal.ts";

/** How {@linkcode recordingSvg} draws. */
export interface RecordingOptions {
  /** What was typed to get there; stands above it. */
  command: string;
  /** Width of the terminal in characters. */
  columns: number;
  /** What it shows, for those who don't see it. */
  title: string;
  /** Lines of the terminal that are shown: the first ones. Default: all. */
  lines?: number;
}

/** Milliseconds that each frame is shown: two per second are enough to see bars move. */
const STEP_MS = 500;

/** Milliseconds that the last frame is shown before the recording starts again. */
const HOLD_MS = 8_000;

/** As a terminal with a dark ground. */
const COLORS = palette("dark");

const CHAR_WIDTH = 8.4;
const LINE_HEIGHT = 18;
const PADDING = 16;

/**
 * Draws a recording.
 *
 * @param frames What the terminal showed.
 * @param options What was typed, and how wide the terminal is.
 * @returns An SVG document. It stands still on its last frame for those who prefer reduced motion.
 */
export function recordingSvg(frames: readonly Frame[], options: RecordingOptions): string {
  const { command, columns, title, lines } = options;
  const typed = { text: `$ ${command}` };
  const screens = cut(sampled(frames).map((runs) => [[typed], ...runs.slice(0, lines)]));
  const totalMs = screens.length * STEP_MS + HOLD_MS;
  const percent = (ms: number) => `${(ms / totalMs * 100).toFixed(2)}%`;
  const width = columns * CHAR_WIDTH + 2 * PADDING;
  const height = Math.max(...screens.map(({ length }) => length)) * LINE_HEIGHT + 2 * PADDING;
  const last = screens.length - 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>
text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: ${COLORS.text}; white-space: pre }
g { visibility: hidden; animation: show ${totalMs}ms step-end infinite }
g:last-of-type { animation-name: last }
@keyframes show { 0% { visibility: visible } ${percent(STEP_MS)} { visibility: hidden } }
@keyframes last { 0% { visibility: hidden } ${
    percent(last * STEP_MS)
  } { visibility: visible } 100% { visibility: visible } }
@media (prefers-reduced-motion: reduce) { g { animation: none } g:last-of-type { visibility: visible } }
</style>
<rect width="100%" height="100%" rx="8" fill="${COLORS.ground}"/>
${screens.map((lines, i) => drawScreen(lines, i === last ? 0 : i * STEP_MS)).join("\n")}
</svg>
`;
}

/** What stood on the screen at every step, and in the end. */
function sampled(frames: readonly Frame[]): Run[][][] {
  const end = frames.at(-1)?.atMs ?? 0;
  const screens: Run[][][] = [];
  for (let at = 0; at < end; at += STEP_MS) {
    screens.push(frames.findLast(({ atMs }) => atMs <= at)?.runs ?? []);
  }
  return [...screens, frames.at(-1)?.runs ?? []];
}

/** Leaves out what is the same as before at the end: with fewer lines, what has changed may be in the others. */
function cut(screens: Run[][][]): Run[][][] {
  const last = JSON.stringify(screens.at(-1));
  const same = screens.findLastIndex((screen) => JSON.stringify(screen) !== last);
  return screens.slice(0, same + 2);
}

function drawScreen(lines: readonly Run[][], delayMs: number): string {
  const texts = lines.map((runs, y) => {
    const text = runs.map(({ text }) => text).join("");
    if (text.trim() === "") return "";
    const length = (text.length * CHAR_WIDTH).toFixed(1);
    const position = `x="${PADDING}" y="${PADDING + (y + 0.75) * LINE_HEIGHT}"`;
    const parts = runs.map(({ text, color, bold }) => {
      const looks = (color === undefined ? "" : ` fill="${color}"`) + (bold ? ' font-weight="bold"' : "");
      return looks === "" ? escape(text) : `<tspan${looks}>${escape(text)}</tspan>`;
    });
    return `<text ${position} textLength="${length}" lengthAdjust="spacingAndGlyphs">${parts.join("")}</text>`;
  });
  return `<g style="animation-delay: ${delayMs}ms">${texts.join("")}</g>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
