import { assert } from "@std/assert";
import { type ColorName, imageCss, palette, themeCss } from "../../lib/core/palette.ts";

/** What is drawn side by side: the five strategies, and failures. */
const DRAWN = ["simple", "threaded", "async", "optimized", "download", "failed"] as const;
const SCHEMES = ["light", "dark"] as const;

Deno.test("palette() can be read on its ground, also on what is raised from it", () => {
  for (const scheme of SCHEMES) {
    const colors = palette(scheme);
    const texts: readonly ColorName[] = [...DRAWN, "text", "quiet"];
    for (const name of texts) {
      for (const ground of [colors.ground, colors.raised]) {
        assert(contrast(colors[name], ground) >= 4.5, `${scheme} ${name}: WCAG 2.2, success criterion 1.4.3`);
      }
    }
    for (const name of ["browser", "peer"] as const) {
      assert(contrast(colors[name], colors.ground) >= 3, `${scheme} ${name}: WCAG 2.2, success criterion 1.4.11`);
    }
  }
});

Deno.test("palette() has six colours that can be told apart, also by those who see fewer", () => {
  for (const scheme of SCHEMES) {
    const colors = palette(scheme);
    for (const [kind, matrix] of Object.entries(COLOR_VISION)) {
      const seen = DRAWN.map((name) => lab(mixed(linear(colors[name]), matrix)));
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) {
          const distance = Math.hypot(...seen[i].map((value, k) => value - seen[j][k]));
          assert(distance >= 20, `${scheme}, ${kind}: ${DRAWN[i]} and ${DRAWN[j]} are ${distance.toFixed(0)} apart`);
        }
      }
    }
  }
});

Deno.test("themeCss() and imageCss() name every colour of both schemes", () => {
  for (const css of [themeCss(), imageCss()]) {
    for (const scheme of SCHEMES) {
      for (const [name, color] of Object.entries(palette(scheme))) {
        assert(css.includes(`--${name}:`) && css.includes(color), `${scheme} ${name}`);
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
