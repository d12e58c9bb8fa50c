/**
 * What README shows of the measured figures: the picture with its description, and the table of steps.
 *
 * @module
 */

import { markdownTable } from "../bench/markdown.ts";
import { formatCount } from "../lib/core/format_count.ts";
import { type Figures, formatLong } from "./figures.ts";
import { escape } from "./hero_rows.ts";
import { heroTitle } from "./hero_svg.ts";

/** Up to this width, browsers show the narrow picture. */
const PHONE_PX = 700;

/**
 * The picture, in the variant that fits the screen.
 *
 * @param figures What was measured.
 * @returns HTML, as Markdown may contain it.
 */
export function pictureHtml(figures: Figures): string {
  const phone = `(max-width: ${PHONE_PX}px)`;
  const still = "(prefers-reduced-motion: reduce)";
  const walls = figures.few.runs.download ? "three" : "two";
  return `<picture>
  <source media="${phone} and ${still}" srcset="docs/pictures/hero-narrow.svg#still">
  <source media="${phone}" srcset="docs/pictures/hero-narrow.svg">
  <source media="${still}" srcset="docs/pictures/hero.svg#still">
  <img src="docs/pictures/hero.svg" alt="Bars for pages: a staircase, a slope and ${walls} walls. ${
    escape(heroTitle(figures))
  }">
</picture>`;
}

/**
 * What each step gains.
 *
 * @param figures What was measured.
 * @returns A Markdown table, and below it how it was measured.
 */
export function stepsTable({ hundred, many, cores, deno, date }: Figures): string {
  const megabytes = (bytes: number) => `${formatCount(bytes / 1e6)} MB`;
  const memory = `${megabytes(hundred.runs.async.peakMemoryBytes)} in place of ${
    megabytes(hundred.runs.threaded.peakMemoryBytes)
  }`;
  const rows = [
    step(`simple → threaded, ${hundred.pages} pages`, "the waits overlap, one in each Web Worker", [
      hundred.runs.simple,
      hundred.runs.threaded,
    ]),
    step(`threaded → async, ${hundred.pages} pages`, `one event loop waits for all: ${memory}`, [
      hundred.runs.threaded,
      hundred.runs.async,
    ]),
    step(`threaded → async, ${formatCount(many.pages)} pages`, "no workers, so no cap of 100", [
      many.runs.threaded,
      many.runs.async,
    ]),
    step("async → optimized, on one core", "HTTP/2: 200 requests share a connection", [
      many.runs.async,
      many.runs.oneCore,
    ]),
    step("optimized, on every core", "a second isolate, on a core of its own", [
      many.runs.oneCore,
      many.runs.optimized,
    ]),
    ...many.runs.download
      ? [step("optimized → download", "frames of our own, without what fetch does", [
        many.runs.optimized,
        many.runs.download,
      ])]
      : [],
  ];
  const table = markdownTable(["step", "mechanism", "before", "after", "connections"], rows);
  const source =
    `Measured on ${date} by \`deno task pictures\`, Deno ${deno} on ${cores} cores shared with the website.`;
  return `${table}\n\n${source} Seconds vary.`;
}

function step(name: string, mechanism: string, [before, after]: { seconds: number; connections: number }[]): string[] {
  const connections = `${formatCount(before.connections)} → ${formatCount(after.connections)}`;
  return [name, mechanism, formatLong(before.seconds), formatLong(after.seconds), connections];
}

/**
 * README with these figures in place of those that it has.
 *
 * @param readme README.md, which marks the places with `<!-- hero -->` and `<!-- steps -->`.
 * @param figures What was measured.
 * @returns README.md.
 * @throws {Error} If a place isn't marked.
 */
export function withFigures(readme: string, figures: Figures): string {
  const parts = { hero: pictureHtml(figures), steps: `\n${stepsTable(figures)}\n` };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const marked = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`);
    if (!marked.test(text)) throw new Error(`README.md has no <!-- ${name} --> ... <!-- /${name} -->`);
    return text.replace(marked, (_, start, end) => `${start}\n${part}\n${end}`);
  }, readme);
}
