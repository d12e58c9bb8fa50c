/**
 * The text of `--help`, from the flags themselves.
 *
 * @module
 */

import type { Flag, Flags } from "./flags.ts";

/** What a command's `--help` says. */
export interface Help {
  /** The command and the shape of its arguments, for example `deno run -A simple.ts [flags]`. */
  usage: string;
  /** What it does, in a sentence or two. */
  about: string;
  /** Its flags. */
  flags: Flags;
  /** Command lines worth trying, each with what it does. */
  examples?: readonly (readonly [command: string, about: string])[];
  /** What it tells the shell in the end. */
  exitCodes?: readonly (readonly [code: number, about: string])[];
}

/** Columns of a help text where the terminal has more, or there is none: longer lines are hard to read. */
const HELP_WIDTH = 100;

/** Columns for what a flag is for; where there would be fewer, it goes below the flag. */
const MIN_TEXT_WIDTH = 30;

/**
 * The text of `--help`: the idea, the flags by group with values and defaults, examples.
 *
 * @param help What the command is and can.
 * @param width Columns a line may have. Default: those of the terminal, 100 at most.
 * @returns Lines that are no longer, but for words and commands that are.
 */
export function helpText(
  { usage, about, flags, examples = [], exitCodes = [] }: Help,
  width: number = terminalWidth(),
): string {
  const groups = Map.groupBy(Object.entries(flags), ([, flag]) => flag.group ?? "Flags");
  // Long names stand below each other where some flag has a letter, too
  const hasShort = Object.values(flags).some(({ short }) => short !== undefined);
  const left = (name: string, { short, value }: Flag) =>
    (short === undefined ? hasShort ? "    " : "" : `-${short}, `) +
    (value === undefined ? `--${name}` : `--${name} ${value}`);
  const column = Math.max(...Object.entries(flags).map(([name, flag]) => left(name, flag).length)) + 4;
  const below = width - column < MIN_TEXT_WIDTH;
  const lines = [...wrap(about, width), "", "Usage:", `  ${usage}`];
  for (const [group, entries] of groups) {
    lines.push("", ...wrap(`${group}:`, width));
    for (const [name, flag] of entries) {
      const text = flag.about + defaultOf(flag);
      const head = `  ${left(name, flag)}`;
      if (below) lines.push(head, ...wrap(text, width, 6));
      else {
        const [first, ...rest] = wrap(text, width, column);
        lines.push(head.padEnd(column) + first.slice(column), ...rest);
      }
    }
  }
  if (examples.length) lines.push("", "Examples:");
  for (const [command, about] of examples) lines.push(`  ${command}`, ...wrap(about, width, 6));
  if (exitCodes.length) lines.push("", "Exit codes:");
  for (const [code, about] of exitCodes) lines.push(`  ${code}`.padEnd(6) + wrap(about, width, 6).join("\n").slice(6));
  return lines.join("\n");
}

function terminalWidth(): number {
  return Deno.stdout.isTerminal() ? Math.min(Deno.consoleSize().columns || HELP_WIDTH, HELP_WIDTH) : HELP_WIDTH;
}

/** Breaks a text between words, into lines that are indented. */
function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((line) => " ".repeat(indent) + line);
}

/** The default of a flag, as `--help` shows it: in brackets, or nothing. */
export function defaultOf(flag: Flag): string {
  const text = flag.defaultText ??
    (flag.value === undefined || Array.isArray(flag.default) ? "" : String(flag.default ?? ""));
  return text && ` (default ${text})`;
}
