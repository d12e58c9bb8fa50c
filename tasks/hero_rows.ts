/**
 * What the picture at the top of README shows of each strategy: its pages as bars, and what 10,000 of them take.
 *
 * @module
 */

import { ANATOMY, drawAnatomy } from "../lib/report/anatomy.ts";
import { type Figures, formatLong, type LargeRun, measured, measuredTitles, projectedSeconds } from "./figures.ts";
import type { Title } from "./strategies.ts";

/** What stands where. Lengths are in the units of the picture, which are pixels at its natural size. */
export interface Layout {
  /** Its width. */
  width: number;
  /** How high it is below the last strategy. */
  foot: number;
  /** Where the time axis begins and ends, where its labels stand, and how many seconds lie between two. */
  axis: { from: number; to: number; y: number; stepSeconds: number };
  /** Where the first strategy begins, and how far the next one is below it. */
  rows: { y: number; pitch: number };
  /** How far below its strategy's top the first bar is, how far the next one is below, and how high each is. */
  bars: { y: number; pitch: number; height: number };
  /** Where the drawing of what a strategy is made of begins. */
  anatomy: { x: number };
}

/** For a page. */
export const WIDE: Layout = {
  width: 908,
  foot: 36,
  axis: { from: 176, to: 528, y: 98, stepSeconds: 2 },
  rows: { y: 116, pitch: 92 },
  bars: { y: 0, pitch: 3, height: 2.4 },
  anatomy: { x: 590 },
};

/** For a phone. */
export const NARROW: Layout = {
  width: 380,
  foot: 72,
  axis: { from: 16, to: 352, y: 138, stepSeconds: 3 },
  rows: { y: 152, pitch: 156 },
  bars: { y: 26, pitch: 2.2, height: 1.8 },
  anatomy: { x: 16 },
};

/** Each strategy in a few words, in lines that fit beside its bars; and what shape these have, and why. */
const IDEAS: Record<Title, { idea: readonly string[]; shape: string }> = {
  simple: { idea: ["one after another"], shape: "each waits for the one before" },
  threaded: { idea: ["one in each thread"], shape: "each thread takes time to start" },
  async: { idea: ["all at once"], shape: "one thread waits for all" },
  optimized: { idea: ["shared connections,", "every core"], shape: "the same wait, fewer connections" },
  download: { idea: ["connections", "of our own"], shape: "the same wait, less work" },
};

/** Pixels that the coming of an answer is wide at least: most bodies are there in less than a hundredth of that. */
const LEAST_BODY = 1.5;

/** One strategy beside its bars, for a page. */
export function wideRow(figures: Figures, title: Title, y: number): string {
  const middle = y + barsHeight(figures, WIDE) / 2;
  const { seconds } = many(figures, title);
  const { x } = WIDE.anatomy;
  const ideas = IDEAS[title].idea.map((line, i) =>
    `<text class="q" x="24" y="${y + 42 + i * 18}">${escape(line)}</text>`
  );
  return `<g class="${title}"><text class="name" x="24" y="${y + 20}">${title}</text>${ideas.join("")}
${bars(figures, title, y, WIDE)}
${anatomy(figures, title, { x, y: middle - 44 })}
<text class="count" x="${x}" y="${middle + 14}">${counted(figures, title)}</text>
<text class="q" x="${x}" y="${middle + 32}">${others(figures, title)}</text>
<text class="time" x="884" y="${middle - 16}" text-anchor="end">${formatLong(seconds)}</text>${
    title === "simple" ? `<text class="note" x="884" y="${middle + 3}" text-anchor="end">projected</text>` : ""
  }</g>`;
}

/** One strategy above its bars, for a phone. */
export function narrowRow(figures: Figures, title: Title, y: number): string {
  const { seconds } = many(figures, title);
  const base = round(y + NARROW.bars.y + barsHeight(figures, NARROW) + 38);
  return `<g class="${title}"><text class="name" x="16" y="${y + 18}">${title}</text>
<text class="q" x="364" y="${y + 18}" text-anchor="end">${escape(IDEAS[title].idea.join(" "))}</text>
${bars(figures, title, y + NARROW.bars.y, NARROW)}
${anatomy(figures, title, { x: NARROW.anatomy.x, y: base - 30 })}
<text class="q" x="16" y="${base + 28}"><tspan class="count">${counted(figures, title)}</tspan>, ${
    others(figures, title)
  }</text>
<text class="time" x="364" y="${base - 3}" text-anchor="end">${formatLong(seconds)}</text>${
    title === "simple" ? `<text class="note" x="364" y="${base + 28}" text-anchor="end">projected</text>` : ""
  }</g>`;
}

/** A bar for each page, from its request to its answer; how long all of them took, and why they look like that. */
function bars(figures: Figures, title: Title, y: number, layout: Layout): string {
  const { pages, seconds } = measured(figures.few.runs, title);
  const { pitch, height } = layout.bars;
  const rects = pages.map(([startMs, endMs, firstByteMs], i) => {
    const x = at(startMs / 1_000, figures, layout);
    const width = round(at(endMs / 1_000, figures, layout) - x);
    const body = Math.max(LEAST_BODY, round(x + width - at(firstByteMs / 1_000, figures, layout)));
    const top = round(y + i * pitch);
    return `<rect class="page" x="${x}" y="${top}" width="${width}" height="${height}"` +
      ` style="animation-delay:${ms(startMs)};animation-duration:${ms(endMs - startMs)}"/>` +
      `<rect class="body" x="${round(x + width - body)}" y="${top}" width="${body}" height="${height}"` +
      ` style="animation-delay:${ms(endMs)}"/>`;
  });
  const end = at(seconds, figures, layout);
  const total = barsHeight(figures, layout);
  const { from, to } = layout.axis;
  const took = `<tspan class="took">${formatLong(seconds)}</tspan>`;
  const shape = escape(IDEAS[title].shape);
  const label = (x: number, labelY: number, anchor: string, text: string) =>
    `<text class="q label" x="${round(x)}" y="${round(labelY)}" text-anchor="${anchor}"` +
    ` style="animation-delay:${ms(seconds * 1_000)}">${text}</text>`;
  // Beside the bars; where they fill the width, above and below the stairs.
  const labels = end > (from + to) / 2
    ? label(end, y + 15, "end", took) + label(from + 8, y + total - 4, "start", shape)
    : label(end + 8, y + total / 2 + 6, "start", `${took}<tspan dx="10">${shape}</tspan>`);
  return rects.join("") + labels;
}

/** What it is made of: isolates, connections, requests in flight, as lines that fan out. */
function anatomy(figures: Figures, title: Title, { x, y }: { x: number; y: number }): string {
  const { width, height } = ANATOMY;
  return `<svg x="${round(x)}" y="${round(y)}" width="${width}" height="${height}">${
    drawAnatomy(many(figures, title))
  }</svg>`;
}

/** Its connections, in words. */
function counted(figures: Figures, title: Title): string {
  return named(many(figures, title).connections, "connection");
}

/** What else it is made of, in words. */
function others(figures: Figures, title: Title): string {
  const { isolates, inFlight } = many(figures, title);
  return `${named(isolates, "isolate")}, ${formatWhole(inFlight)} at once`;
}

function named(count: number, name: string): string {
  return `${formatWhole(count)} ${name}${count === 1 ? "" : "s"}`;
}

/** What many pages take; of `simple`, which would take hours, what follows from fewer. */
export function many(figures: Figures, title: Title): Omit<LargeRun, "peakMemoryBytes"> {
  return title === "simple"
    ? { seconds: projectedSeconds(figures), connections: 1, isolates: 1, inFlight: 1 }
    : measured(figures.many.runs, title);
}

/** Seconds that the slowest strategy took, which is how far the axis must reach. */
export function longest(figures: Figures): number {
  return Math.max(...measuredTitles(figures).map((title) => measured(figures.few.runs, title).seconds));
}

/** How high the picture is. */
export function heightOf(figures: Figures, { rows, foot }: Layout): number {
  return rows.y + measuredTitles(figures).length * rows.pitch + foot;
}

/** Where a moment is on the axis. */
export function at(seconds: number, figures: Figures, { axis: { from, to } }: Layout): number {
  return round(from + (to - from) * seconds / longest(figures));
}

/** How high the bars of one strategy are together. */
export function barsHeight({ few }: Figures, { bars: { pitch } }: Layout): number {
  return few.pages * pitch;
}

/** Tenths of a pixel are finer than any screen. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A count with its thousands apart, and never a fraction. */
export function formatWhole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Text for SVG and HTML, and for their attributes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function ms(value: number): string {
  return `${Math.round(value)}ms`;
}
