/**
 * Colours in a terminal: those of the palette, only where there is a terminal and nobody has said no
 * (https://no-color.org).
 *
 * @module
 */

import { type ColorName, palette } from "./palette.ts";

/** Colours a text. */
export type Paint = (text: string, color: ColorName) => string;

/** As terminals are dark or light and don't say which, each colour is the middle of both. */
const middle = mixed();

/**
 * What colours text for an output.
 *
 * @param output Where the text goes to: `Deno.stdout` or `Deno.stderr`.
 * @returns Colours a text by ANSI escape codes; leaves it as it is where that isn't a terminal, or with `NO_COLOR`.
 */
export function painter(output: { isTerminal(): boolean }): Paint {
  if (!output.isTerminal() || Deno.noColor) return (text) => text;
  return (text, color) => text === "" || !(color in middle) ? text : `\x1b[${middle[color]}m${text}\x1b[39m`;
}

function mixed(): Record<ColorName, string> {
  const [light, dark] = [palette("light"), palette("dark")];
  const names = Object.keys(light) as ColorName[];
  return Object.fromEntries(names.map((name) => {
    const part = (at: number) =>
      Math.round((parseInt(light[name].slice(at, at + 2), 16) + parseInt(dark[name].slice(at, at + 2), 16)) / 2);
    return [name, `38;2;${part(1)};${part(3)};${part(5)}`];
  })) as Record<ColorName, string>;
}
