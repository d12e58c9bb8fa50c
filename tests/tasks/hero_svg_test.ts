import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { measured } from "../../tasks/figures.ts";
import { escape, NARROW, WIDE } from "../../tasks/hero_rows.ts";
import { heroSvg } from "../../tasks/hero_svg.ts";

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

Deno.test("heroSvg() draws what each strategy is made of, and says it in words", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    for (const title of TITLES) assertMatch(group(svg, title), /<svg [^>]*><path .*<circle /);
    const words = (title: string) => texts(group(svg, title)).join(" ") + group(svg, title).replace(/<[^>]*>/g, " ");
    for (const part of ["1 connection", "1 isolate, 1 at once"]) assertStringIncludes(words("simple"), part);
    for (const part of ["9,216 connections", "1 isolate, 10,000 at once"]) assertStringIncludes(words("async"), part);
    for (const part of ["36 connections", "2 isolates, 8,000 at once"]) assertStringIncludes(words("optimized"), part);
  }
});

Deno.test("heroSvg() says first which is fastest and why: what waits, and over how many connections", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    const verdict = [...svg.matchAll(/class="verdict"[^>]*>([^<]+)/g)].map(([, text]) => text).join(" ");
    assertEquals(
      verdict,
      "download is fastest: 10,000 requests wait on 50 connections; async opens 9,216.",
    );
  }
});

Deno.test("heroSvg() has a dashed line at the website's own delay, in every row", () => {
  for (const variant of VARIANTS) {
    const svg = heroSvg(SOME_FIGURES, variant);
    const [, path] = /class="delay" d="([^"]+)"/.exec(svg) ?? [];
    assertEquals(path?.match(/M/g)?.length, TITLES.length);
    assertStringIncludes(svg, "Dashed: the website's own delay.");
  }
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
    assertStringIncludes(svg, "@media (prefers-reduced-motion:reduce){.page,.body,.label{animation:none}}");
    assertStringIncludes(svg, `id="still"`);
    assertStringIncludes(svg, "#still:target :is(.page,.body,.label){animation:none}");
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
