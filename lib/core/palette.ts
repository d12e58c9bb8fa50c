/**
 * The colours of everything that is drawn: reports, pictures, the site's pages, bars in a terminal.
 *
 * A strategy has one colour everywhere. Each can be read as text on the ground and on what is raised from it, and the six
 * can be told apart by those who see fewer colours (palette_test.ts); all the same nothing is told by colour alone.
 *
 *     <style>${themeCss()}</style>   a page: names as CSS variables, light or dark as its reader prefers
 *     <style>${imageCss()}</style>   an SVG in `<img>`: the same for browsers that don't know light-dark() there
 *
 * @module
 */

/** Light or dark. */
export type Scheme = "light" | "dark";

/** What a colour is for. */
export type ColorName =
  | "ground"
  | "raised"
  | "faint"
  | "line"
  | "text"
  | "quiet"
  | "simple"
  | "threaded"
  | "async"
  | "optimized"
  | "download"
  | "failed"
  | "browser"
  | "peer";

/** Each colour in light and dark. `browser` is the browser's own fetch; `peer` is every program that isn't ours. */
const COLORS: Readonly<Record<ColorName, readonly [light: string, dark: string]>> = {
  ground: ["#ffffff", "#14171c"],
  raised: ["#f5f6f8", "#1d2128"],
  faint: ["#e9ecf0", "#262b33"],
  line: ["#d5d9e0", "#39404b"],
  text: ["#1b1f26", "#e6e9ee"],
  quiet: ["#525a67", "#a5aebb"],
  simple: ["#b15505", "#f6a65a"],
  threaded: ["#7949d8", "#d9abff"],
  async: ["#3b4da0", "#4197fb"],
  optimized: ["#037b55", "#4acf98"],
  download: ["#131f2c", "#f4f6da"],
  failed: ["#a70321", "#f9756d"],
  browser: ["#64748b", "#94a3b8"],
  peer: ["#64748b", "#94a3b8"],
};

/**
 * The palette of one scheme.
 *
 * @param scheme Light or dark.
 * @returns Colours as `#rrggbb`, by name.
 */
export function palette(scheme: Scheme): Record<ColorName, string> {
  const at = scheme === "light" ? 0 : 1;
  return Object.fromEntries(Object.entries(COLORS).map(([name, pair]) => [name, pair[at]])) as Record<
    ColorName,
    string
  >;
}

/**
 * Both palettes as CSS variables `--ground`, `--simple`, ... for a page.
 *
 * @returns A rule for `:root`. Its `color-scheme` chooses; `@media print` may set it to `light`.
 */
export function themeCss(): string {
  const variables = Object.entries(COLORS).map(([name, [light, dark]]) =>
    `  --${name}: light-dark(${light}, ${dark});`
  );
  return `:root {\n  color-scheme: light dark;\n${variables.join("\n")}\n}\n`;
}

/**
 * Both palettes as CSS variables for an image. Not by `light-dark()`, which not every browser knows in an image yet.
 *
 * @returns Rules for `:root`.
 */
export function imageCss(): string {
  const variables = (scheme: Scheme) =>
    Object.entries(palette(scheme)).map(([name, color]) => `--${name}:${color}`).join(";");
  return `:root{${variables("light")}} @media (prefers-color-scheme:dark){:root{${variables("dark")}}}`;
}
