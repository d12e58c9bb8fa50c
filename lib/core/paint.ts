/**
 * Colours in a terminal: those of the palette, only where there is a terminal and nobody has said no
 * (https://no-color.org).
 *
 * @module
 */

import { type ColorName, palette } from "./palette.ts";

/** Colours a text. */
export type Paint = (text: string, color: ColorName) => string;

/** Levels of red, green and blue in the colours 16 to 231 of a terminal that has 256, as xterm defines them. */
export const COLOR_LEVELS: readonly number[] = [0, 95, 135, 175, 215, 255];

/**
 * What colours text for an output.
 *
 * @param output Where the text goes to: `Deno.stdout` or `Deno.stderr`.
 * @param noColor Whether there shall be no colours. Default: whether `NO_COLOR` is set.
 * @returns Colours a text by ANSI escape codes; leaves it as it is where that isn't a terminal, or without colours.
 */
export function painter(output: { isTerminal(): boolean }, noColor: boolean = Deno.noColor): Paint {
  if (noColor || !output.isTerminal()) return (text) => text;
  const [light, dark] = [palette("light"), palette("dark")];
  return (text, color) => {
    // The ink of `download` is what text is written in, on dark ground as on light
    if (color === "download") return `\x1b[1m${text}\x1b[22m`;
    return `\x1b[38;5;${between(light[color], dark[color])}m${text}\x1b[39m`;
  };
}

/** Of a terminal's 256 colours, the one nearest to the middle of two: nobody says whether its ground is light or dark. */
function between(light: string, dark: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const middle = (parseInt(light.slice(at, at + 2), 16) + parseInt(dark.slice(at, at + 2), 16)) / 2;
    const distances = COLOR_LEVELS.map((level) => Math.abs(level - middle));
    return distances.indexOf(Math.min(...distances));
  });
  return 16 + 36 * red + 6 * green + blue;
}

/**
 * Colours the names that lines begin with.
 *
 * @param text Lines.
 * @param names The names, which are those of their colours, too.
 * @param paint What colours them.
 * @returns The same lines; nothing but the names has changed.
 */
export function paintNames(text: string, names: readonly string[], paint: Paint): string {
  return text.split("\n").map((line) => {
    const name = nameOf(line, names);
    return name === undefined ? line : paint(name, name as ColorName) + line.slice(name.length);
  }).join("\n");
}

/**
 * Colours whole blocks of lines by the names that they begin with; an empty line ends a block.
 *
 * @param text Lines.
 * @param names The names, which are those of their colours, too.
 * @param paint What colours them.
 * @returns The same lines, coloured.
 */
export function paintBlocks(text: string, names: readonly string[], paint: Paint): string {
  let name: string | undefined;
  return text.split("\n").map((line) => {
    name = line === "" ? undefined : nameOf(line, names) ?? name;
    return name === undefined ? line : paint(line, name as ColorName);
  }).join("\n");
}

function nameOf(line: string, names: readonly string[]): string | undefined {
  return names.find((name) => line === name || line.startsWith(`${name} `));
}
