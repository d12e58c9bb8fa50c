import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { formatLong, measured, measuredTitles, medianRun, projectedSeconds } from "../../tasks/figures.ts";
import { pictureHtml, stepsTable, withFigures } from "../../tasks/figures_markdown.ts";
import { SOME_FIGURES, withoutDownload } from "../helpers/some_figures.ts";

Deno.test("formatLong() writes a time as people say it", () => {
  const cases: [seconds: number, text: string][] = [
    [0, "0.00 s"],
    [0.546, "0.55 s"],
    [0.996, "1.0 s"],
    [12.06, "12.1 s"],
    [100.2, "100 s"],
    [103.25, "103 s"],
    [119.6, "2 min"],
    [125.4, "2 min 5 s"],
    [3_599.7, "1 h"],
    [10_020, "2 h 47 min"],
  ];
  for (const [seconds, text] of cases) assertEquals(formatLong(seconds), text);
});

Deno.test("projectedSeconds() goes from simple's 100 pages to 10,000", () => {
  assertEquals(projectedSeconds(SOME_FIGURES), 10_020);
});

Deno.test("medianRun() is the run in the middle, with all that belongs to it", () => {
  const rest = { isolates: 1, inFlight: 9, peakMemoryBytes: 0 };
  const runs = [5, 1, 3].map((seconds) => ({ seconds, connections: seconds * 10, ...rest }));
  assertEquals(medianRun(runs), { seconds: 3, connections: 30, ...rest });
  assertEquals(runs.map(({ seconds }) => seconds), [5, 1, 3]);
});

Deno.test("stepsTable() says of each step what it was, is and connects", () => {
  const rows = stepsTable(SOME_FIGURES).split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  assertEquals(rows[0], ["step", "mechanism", "before", "after", "connections"]);
  assertEquals(rows.slice(2).map(([, , ...cells]) => cells), [
    ["100 s", "3.0 s", "1 → 76"],
    ["3.0 s", "1.1 s", "76 → 100"],
    ["103 s", "3.7 s", "100 → 9,216"],
    ["3.7 s", "1.9 s", "9,216 → 50"],
    ["1.9 s", "1.7 s", "50 → 36"],
    ["1.7 s", "1.4 s", "36 → 50"],
  ]);
  assertEquals(rows[7][0], "optimized → download");
  assertStringIncludes(rows[3][1], "62 MB in place of 947 MB");
});

Deno.test("Figures from before there was download have no row of it, nor a wall", () => {
  const figures = withoutDownload(SOME_FIGURES);
  assertEquals(measuredTitles(figures), ["simple", "threaded", "async", "optimized"]);
  assert(!stepsTable(figures).includes("download"));
  assertStringIncludes(pictureHtml(figures), "a slope and two walls. 4 pages");
  assertThrows(() => measured(figures.few.runs, "download"), Error, "The figures have no run of download");
});

Deno.test("pictureHtml() offers the variant that fits the screen, and one that stands still", () => {
  const html = pictureHtml(SOME_FIGURES);
  const sources = [...html.matchAll(/media="([^"]+)" srcset="docs\/pictures\/([^"]+)"/g)].map(([, ...pair]) => pair);
  assertEquals(sources, [
    ["(max-width: 700px) and (prefers-reduced-motion: reduce)", "hero-narrow.svg#still"],
    ["(max-width: 700px)", "hero-narrow.svg"],
    ["(prefers-reduced-motion: reduce)", "hero.svg#still"],
  ]);
  assertStringIncludes(
    html,
    `alt="Bars for pages: a staircase, a slope and three walls. 4 pages of half a second: simple`,
  );
});

Deno.test("withFigures() puts figures where README marks the places, as often as it is run", () => {
  const readme = "a\n\n<!-- hero -->\n\nold\n\n<!-- /hero -->\n\n<!-- steps -->\n\n<!-- /steps -->\n\nz\n";
  const once = withFigures(readme, SOME_FIGURES);
  assertEquals(once.split("old").length, 1);
  assertStringIncludes(once, pictureHtml(SOME_FIGURES));
  assertStringIncludes(once, stepsTable(SOME_FIGURES));
  assertEquals(withFigures(once, SOME_FIGURES), once);
  assertThrows(() => withFigures("nothing", SOME_FIGURES), Error, "README.md has no <!-- hero -->");
});
