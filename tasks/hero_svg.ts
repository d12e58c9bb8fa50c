/**
 * The picture at the top of README: the ways to download the same pages, on one axis, and beside them the time and the
 * connections that 10,000 pages take. It plays once, as fast as it was measured.
 *
 *     heroSvg(figures)                     for a page
 *     heroSvg(figures, { narrow: true })   for a phone
 *
 * A document without scripts, links or fonts, as `<img>` demands. It paints its own ground, so that it can be read on a
 * page whose theme isn't the system's. It stands still for readers who prefer reduced motion, and at `hero.svg#still`:
 * not every browser tells an image what its reader prefers, so the page around it chooses.
 *
 * @module
 */

import { type Figures, formatLong, measured, measuredTitles } from "./figures.ts";
import {
  at,
  barsHeight,
  escape,
  formatWhole,
  heightOf,
  type Layout,
  longest,
  many,
  NARROW,
  narrowRow,
  round,
  WIDE,
  wideRow,
} from "./hero_rows.ts";
import { imageCss } from "../lib/core/palette.ts";
import { TITLES } from "./strategies.ts";

/** Small numbers as words, for the beginning of a sentence. */
const COUNTS = ["No", "One", "Two", "Three", "Four", "Five"];

/** How {@linkcode heroSvg} draws. */
export interface HeroOptions {
  /** One column, for a screen about 400 pixels wide. Default: false. */
  narrow?: boolean;
}

/**
 * Draws the picture.
 *
 * @param figures What was measured.
 * @param options For a page or for a phone.
 * @returns An SVG document.
 */
export function heroSvg(figures: Figures, { narrow = false }: HeroOptions = {}): string {
  const layout = narrow ? NARROW : WIDE;
  const { width, rows } = layout;
  const height = heightOf(figures, layout);
  const titles = measuredTitles(figures);
  const row = narrow ? narrowRow : wideRow;
  return `<svg xmlns="http://www.w3.org/2000/svg" id="still" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${COUNTS[titles.length]} ways to download. ${escape(heroTitle(figures))}</title>
<desc id="desc">${escape(description(figures))}</desc>
<style>${STYLE}${narrow ? ".verdict{font-size:14.5px}.note{font-size:12px}" : ""}</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
${narrow ? narrowHead(figures) : wideHead(figures, height)}
${axis(figures, layout)}
${titles.map((title, i) => row(figures, title, rows.y + i * rows.pitch)).join("\n")}
${delayLine(figures, layout)}
${foot(figures, layout, height)}
</svg>
`;
}

/**
 * The picture in a sentence: for its title, and for those who see neither.
 *
 * @param figures What was measured.
 * @returns Plain text.
 */
export function heroTitle(figures: Figures): string {
  const { few } = figures;
  const titles = measuredTitles(figures);
  const runs = titles.map((title) => `${title} ${formatLong(measured(few.runs, title).seconds)}`);
  const fast = titles.slice(TITLES.indexOf("async")).map((title) => {
    const { seconds, connections } = many(figures, title);
    return `${title} ${formatLong(seconds)} over ${formatWhole(connections)}${title === "async" ? " connections" : ""}`;
  });
  return `${few.pages} pages of ${each(few.delayMs)}: ${runs.join(", ")}. ${
    formatWhole(figures.many.pages)
  } pages of ` +
    `${each(figures.many.delayMs)}: ${fast.join(", ")}.`;
}

function description(figures: Figures): string {
  const titles = measuredTitles(figures);
  const rows = titles.map((title) => {
    const { seconds, connections } = many(figures, title);
    return `${title} ${formatLong(seconds)}, connections: ${formatWhole(connections)}`;
  });
  return "A bar is a page, from its request to its answer. Those of simple are a staircase, those of threaded a slope, " +
    `those of ${listed(titles.slice(TITLES.indexOf("async")))} upright walls. ${
      formatWhole(figures.many.pages)
    } pages: ${rows.join("; ")}.`;
}

/** Who is fastest and why, in three parts. */
function verdict(figures: Figures): [string, string, string] {
  const titles = measuredTitles(figures);
  const best = titles.toSorted((a, b) => many(figures, a).seconds - many(figures, b).seconds)[0];
  const { connections, inFlight } = many(figures, best);
  return [
    `${best} is fastest:`,
    `${formatWhole(inFlight)} requests wait on ${formatWhole(connections)} connections;`,
    `async opens ${formatWhole(many(figures, "async").connections)}.`,
  ];
}

function wideHead(figures: Figures, height: number): string {
  const { few, many } = figures;
  const { axis, anatomy } = WIDE;
  return `<text class="verdict" x="24" y="36">${escape(verdict(figures).join(" "))}</text>
<text class="h" x="${axis.from}" y="72">${few.pages} pages of ${each(few.delayMs)}, a bar each</text>
<text class="h" x="${anatomy.x}" y="72">${formatWhole(many.pages)} pages of ${each(many.delayMs)}</text>
<text class="q" x="${anatomy.x}" y="${axis.y}">isolates, connections, requests</text>
<text class="q" x="884" y="${axis.y}" text-anchor="end">time</text>
<line class="grid" x1="564.5" y1="58" x2="564.5" y2="${height - 44}"/>`;
}

function narrowHead(figures: Figures): string {
  const { few, many } = figures;
  const lines = verdict(figures).map((line, i) =>
    `<text class="verdict" x="16" y="${28 + 19 * i}">${escape(line)}</text>`
  );
  return `${lines.join("\n")}
<text class="h" x="16" y="96">${few.pages} pages of ${each(few.delayMs)}, a bar each</text>
<text class="q" x="16" y="115">below each: ${formatWhole(many.pages)} pages of ${each(many.delayMs)}</text>`;
}

/** Round seconds: lines behind the bars of each strategy. */
function axis(figures: Figures, layout: Layout): string {
  const { rows, bars, axis: { y, stepSeconds } } = layout;
  const tops = measuredTitles(figures).map((_, i) => round(rows.y + i * rows.pitch + bars.y - 2));
  const height = round(barsHeight(figures, layout) + 4);
  return Array.from({ length: Math.floor(longest(figures) / stepSeconds) + 1 }, (_, i) => {
    const x = at(i * stepSeconds, figures, layout);
    const anchor = i === 0 && layout === NARROW ? "start" : "middle";
    return `<path class="grid" d="${tops.map((top) => `M${x} ${top}v${height}`).join("")}"/>` +
      `<text class="q" x="${x}" y="${y}" text-anchor="${anchor}">${i * stepSeconds} s</text>`;
  }).join("\n");
}

/** The website's own delay: what lies beyond is queueing, or the pages before. */
function delayLine(figures: Figures, layout: Layout): string {
  const { rows, bars } = layout;
  const x = at(figures.few.delayMs / 1_000, figures, layout);
  const height = round(barsHeight(figures, layout) + 4);
  const tops = measuredTitles(figures).map((_, i) => round(rows.y + i * rows.pitch + bars.y - 2));
  return `<path class="delay" d="${tops.map((top) => `M${x} ${top}v${height}`).join("")}"/>`;
}

function foot(figures: Figures, layout: Layout, height: number): string {
  const { deno, cores } = figures;
  const pale = "Pale: waiting for an answer.";
  const dashed = "Dashed: the website's own delay.";
  const measured = `Measured with Deno ${deno} on ${cores} cores`;
  const lines = layout === NARROW
    ? [pale, dashed, `Deno ${deno}, ${cores} cores shared with the website.`]
    : [`${pale} ${dashed} ${measured} that the website shares.`];
  return lines.map((line, i) => {
    const y = height - 16 - (lines.length - 1 - i) * 18;
    return `<text class="note" x="${layout === NARROW ? 16 : 24}" y="${y}">${escape(line)}</text>`;
  }).join("\n");
}

/** For example `a, b and c`. */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function each(delayMs: number): string {
  if (delayMs === 500) return "half a second";
  return delayMs === 1_000 ? "one second" : formatLong(delayMs / 1_000);
}

const STYLE = `${imageCss()}
text{font-family:system-ui,-apple-system,"Segoe UI",sans-serif;font-variant-numeric:tabular-nums;fill:var(--text)}
.h{font-size:15px;font-weight:600} .q{font-size:14px;fill:var(--quiet)} .note{font-size:13px;font-weight:400;fill:var(--quiet)}
.verdict{font-size:17px;font-weight:700} .name{font-size:19px;font-weight:700} .took{font-size:16px;font-weight:700}
.time{font-size:22px;font-weight:700} .count{font-size:15px;font-weight:700;fill:var(--text)} .delay{fill:none;stroke:var(--text);stroke-width:1.2;stroke-dasharray:4 3}
.label{paint-order:stroke;stroke:var(--ground);stroke-width:5px}
.ground{fill:var(--ground);stroke:var(--line)} .grid{fill:none;stroke:var(--line)}
${
  TITLES.map((title) => `.${title}{color:var(--${title})} .${title} :is(rect,.name,.took,.time){fill:var(--${title})}`)
    .join(" ")
}
.note{fill:var(--quiet)!important} .page{fill-opacity:.45} .body{animation:show .01s both}
.page{transform-box:fill-box;transform-origin:0 0;animation:grow linear both} .label{animation:show .3s both}
@keyframes grow{from{transform:scaleX(0)}} @keyframes show{from{opacity:0}}
#still:target :is(.page,.body,.label){animation:none}
@media (prefers-reduced-motion:reduce){.page,.body,.label{animation:none}}`;
