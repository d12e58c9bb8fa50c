import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { measured } from "../../tasks/figures.ts";
import { escape, NARROW, WIDE } from "../../tasks/hero_rows.ts";
import { heroSvg } from "../../tasks/hero_svg.ts";
import { palette } from "../../tasks/palette.ts";
import { TITLES } from "../../tasks/strategies.ts";
import { SOME_FIGURES, withoutDownload } from "../helpers/some_figures.ts";

const VARIANTS = [{ narrow: false }, { narrow: true }];
const group = (svg: string, title: string) => new RegExp(`<g class="${title}">[^]*?</g>`).exec(svg)?.[0] ?? "";
const texts = (svg: string) => [...svg.matchAll(/>([^<]+)<\/t(?:ext|span)>/g)].map(([, text]) => text);

Deno.test("heroSvg() draws a bar for each page of each strategy, where and when it was on its way", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    for (const title of TITLES) {
      const bars = [
        ...group(svg, title).matchAll(/<rect class="page" x="([\d.]+)".*? width="([\d.]+)".*? style="(.*?)"/g),
      ]
        .map(([, x, width, style]) => ({ x: Number(x), width: Number(width), style }));
      const { pages } = measured(SOME_FIGURES.few.runs, title);
      assertEquals(
        bars.map(({ style }) => style),
        pages.map(([start, end]) => `animation-delay:${start}ms;animation-duration:${end - start}ms`),
      );
      // One scale for all: pixels per millisecond are those of simple's first bar.
      const [, from, scale] = /<rect class="page" x="([\d.]+)".*? width="([\d.]+)"/.exec(group(svg, "simple")) ?? [];
      for (const [i, [start, end]] of pages.entries()) {
        assert(Math.abs(bars[i].x - Number(from) - start * Number(scale) / 3_000) < 0.2, `${title} ${i} begins`);
        assert(Math.abs(bars[i].width - (end - start) * Number(scale) / 3_000) < 0.2, `${title} ${i} ends`);
      }
    }
  }
});

Deno.test("heroSvg() says beside each strategy what 10,000 pages take, and projects simple's", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    const said = TITLES.map((title) => texts(group(svg, title)).join(" | "));
    for (const [i, took] of ["12.0 s", "1.5 s", "0.55 s", "0.54 s", "0.52 s"].entries()) {
      assertStringIncludes(said[i], took);
    }
    assertStringIncludes(said[0], "projected");
    const times = TITLES.map((title) => /class="time"[^>]*>([^<]+)/.exec(group(svg, title))?.[1]);
    assertEquals(times, ["2 h 47 min", "103 s", "3.7 s", "1.7 s", "1.4 s"]);
    const counts = TITLES.map((title) => /class="count"[^>]*>([\d,]+)/.exec(group(svg, title))?.[1]);
    assertEquals(counts, ["1", "100", "9,216", "36", "50"]);
  }
});

Deno.test("heroSvg() draws squares with as much area as there are connections", () => {
  const svg = heroSvg(SOME_FIGURES);
  const side = (title: string) => Number(/class="square".*? width="([\d.]+)"/.exec(group(svg, title))?.[1]);
  assertEquals(Math.round(side("async") / side("optimized")), 16); // 9,216 and 36 connections: the root of 256
  assertGreater(side("simple"), 1);
});

Deno.test("heroSvg() keeps everything inside, in both variants", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    for (
      const [, x, y, w, h] of svg.matchAll(
        /<rect class="\w+" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      )
    ) {
      assert(Number(x) + Number(w) <= Number(width) && Number(y) + Number(h) <= Number(height), `${x} ${y}`);
    }
    for (const [, x, y] of svg.matchAll(/<text [^>]*x="([\d.]+)" y="([\d.]+)"/g)) {
      assert(Number(x) < Number(width) && Number(y) < Number(height), `${x} ${y}`);
    }
  }
});

Deno.test("heroSvg() has a title and a description, asks for nothing, and can stand still", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    assertStringIncludes(svg, `role="img" aria-labelledby="title desc"`);
    assertStringIncludes(svg, `<title id="title">Five ways to download. 4 pages of half a second: simple 12.0 s,`);
    assertStringIncludes(svg, `async 3.7 s over 9,216 connections, optimized 1.7 s over 36, download 1.4 s over 50.`);
    assertStringIncludes(svg, `<desc id="desc">`);
    assert(!/(href|src)=|url\(|<script|@import/.test(svg), "it asks for nothing");
    assertStringIncludes(svg, "@media (prefers-reduced-motion:reduce){.page,.label{animation:none}}");
    assertStringIncludes(svg, `id="still"`);
    assertStringIncludes(svg, "#still:target :is(.page,.label){animation:none}");
  }
});

Deno.test("heroSvg() has a row for each strategy that was measured, and is as high as they are", () => {
  for (const variant of VARIANTS) {
    const [all, four] = [SOME_FIGURES, withoutDownload(SOME_FIGURES)].map((figures) => heroSvg(figures, variant));
    assertStringIncludes(four, "Four ways to download.");
    assertEquals([group(all, "download") === "", group(four, "download")], [false, ""]);
    const height = (svg: string) => Number(/ height="(\d+)" role/.exec(svg)?.[1]);
    assertEquals(height(all) - height(four), (variant.narrow ? NARROW : WIDE).rows.pitch);
  }
});

Deno.test("heroSvg() escapes what isn't its own", () => {
  const svg = heroSvg({ ...SOME_FIGURES, deno: `<b> & "c"` });
  assertStringIncludes(svg, "&lt;b&gt; &amp; &quot;c&quot;");
  assertEquals(escape(`<a href="b">&</a>`), "&lt;a href=&quot;b&quot;&gt;&amp;&lt;/a&gt;");
});

Deno.test("palette() can be read on its ground, also by those who see fewer colours", () => {
  for (const scheme of ["light", "dark"] as const) {
    const colors = palette(scheme);
    for (const name of [...TITLES, "text", "quiet"]) {
      assert(contrast(colors[name], colors.ground) >= 4.5, `${scheme} ${name}: WCAG 2.2, success criterion 1.4.3`);
    }
    for (const [kind, matrix] of Object.entries(COLOR_VISION)) {
      const seen = TITLES.map((title) => lab(mixed(linear(colors[title]), matrix)));
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) {
          const distance = Math.hypot(...seen[i].map((value, k) => value - seen[j][k]));
          assert(distance >= 20, `${scheme}, ${kind}: ${TITLES[i]} and ${TITLES[j]} are ${distance.toFixed(0)} apart`);
        }
      }
    }
  }
});

/** How linear RGB is seen: Machado, Oliveira and Fernandes, "A Physiologically-based Model", 2009, severity 1. */
const COLOR_VISION = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function linear(color: string): number[] {
  return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
}

function contrast(a: string, b: string): number {
  const luminance = ([red, green, blue]: number[]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  const [dark, light] = [luminance(linear(a)), luminance(linear(b))].sort((x, y) => x - y);
  return light / dark;
}

function mixed(rgb: number[], matrix: number[][]): number[] {
  return matrix.map((row) => Math.min(1, Math.max(0, row.reduce((sum, factor, i) => sum + factor * rgb[i], 0))));
}

/** CIELAB of linear RGB, under D65. */
function lab([red, green, blue]: number[]): number[] {
  const [x, y, z] = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
  ].map((t) => t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
