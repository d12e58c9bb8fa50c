/**
 * What a command showed in a terminal, as one SVG that plays it: no player, no script, in any README.
 *
 * @module
 */

import type { Frame } from "./terminal.ts";

/** How {@linkcode recordingSvg} draws. */
export interface RecordingOptions {
  /** What was typed to get there; stands above it. */
  command: string;
  /** Width of the terminal in characters. */
  columns: number;
  /** What it shows, for those who don't see it. */
  title: string;
}

/** Milliseconds that each frame is shown: two per second are enough to see bars move. */
const STEP_MS = 500;

/** Milliseconds that the last frame is shown before the recording starts again. */
const HOLD_MS = 8_000;

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
export function recordingSvg(frames: readonly Frame[], { command, columns, title }: RecordingOptions): string {
  const screens = sampled(frames).map((screen) => [`$ ${command}`, ...screen]);
  const totalMs = screens.length * STEP_MS + HOLD_MS;
  const percent = (ms: number) => `${(ms / totalMs * 100).toFixed(2)}%`;
  const width = columns * CHAR_WIDTH + 2 * PADDING;
  const height = Math.max(...screens.map(({ length }) => length)) * LINE_HEIGHT + 2 * PADDING;
  const last = screens.length - 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>
text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #e6e9ee; white-space: pre }
g { visibility: hidden; animation: show ${totalMs}ms step-end infinite }
g:last-of-type { animation-name: last }
@keyframes show { 0% { visibility: visible } ${percent(STEP_MS)} { visibility: hidden } }
@keyframes last { 0% { visibility: hidden } ${
    percent(last * STEP_MS)
  } { visibility: visible } 100% { visibility: visible } }
@media (prefers-reduced-motion: reduce) { g { animation: none } g:last-of-type { visibility: visible } }
</style>
<rect width="100%" height="100%" rx="8" fill="#14171c"/>
${screens.map((lines, i) => drawScreen(lines, i === last ? 0 : i * STEP_MS)).join("\n")}
</svg>
`;
}

/** What stood on the screen at every step, and in the end. */
function sampled(frames: readonly Frame[]): string[][] {
  const end = frames.at(-1)?.atMs ?? 0;
  const screens: string[][] = [];
  for (let at = 0; at < end; at += STEP_MS) {
    screens.push(frames.findLast(({ atMs }) => atMs <= at)?.screen ?? []);
  }
  return [...screens, frames.at(-1)?.screen ?? []];
}

function drawScreen(lines: readonly string[], delayMs: number): string {
  const texts = lines.map((line, y) => {
    if (line.trim() === "") return "";
    const length = (line.length * CHAR_WIDTH).toFixed(1);
    const position = `x="${PADDING}" y="${PADDING + (y + 0.75) * LINE_HEIGHT}"`;
    return `<text ${position} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escape(line)}</text>`;
  });
  return `<g style="animation-delay: ${delayMs}ms">${texts.join("")}</g>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
