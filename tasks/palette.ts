/**
 * The colours of pictures: those of the HTML report, as an SVG can use them.
 *
 * @module
 */

import css from "../lib/report/html_report.css" with { type: "text" };

/** Light or dark. */
export type Scheme = "light" | "dark";

/**
 * The palette of one scheme.
 *
 * @param scheme Light or dark.
 * @returns Colours as `#rrggbb`, by name: `ground`, `text`, `simple` and so on.
 */
export function palette(scheme: Scheme): Record<string, string> {
  const pairs = css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g);
  return Object.fromEntries(pairs.map(([, name, light, dark]) => [name, scheme === "light" ? light : dark]));
}

/** Both palettes as CSS variables. Not by `light-dark()`, which not every browser knows in an image yet. */
export function paletteCss(): string {
  const variables = (scheme: Scheme) =>
    Object.entries(palette(scheme)).map(([name, color]) => `--${name}:${color}`).join(";");
  return `:root{${variables("light")}} @media (prefers-color-scheme:dark){:root{${variables("dark")}}}`;
}
