/**
 * Command-line flags described once, as data: what reads them, checks them and explains them (`--help`) are the same lines.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { UsageError } from "../core/errors.ts";
import { formatDuration, parseDuration } from "../core/duration.ts";
import { formatBytes } from "../core/format_bytes.ts";
import { parseSize } from "../core/size.ts";

/** One flag of a command. */
export interface Flag<T = unknown> {
  /** What it is for, in a line. */
  about: string;
  /** What stands for the value in the help text, with its unit where it has one. A flag without is a switch. */
  value?: string;
  /** The value when the flag isn't given. */
  default?: T;
  /** What the help says the default is, where that is not the value itself. */
  defaultText?: string;
  /** The heading the help puts it under. */
  group?: string;
  /** Whether the flag may be given several times; its value is then the list of them. */
  repeatable?: boolean;
  /** From the text of the command line to the value. Throws an `Error` that says what would have been right. */
  parse: (text: string) => T;
}

/** The flags of a command, by name without the dashes. */
export type Flags = Record<string, Flag>;

/** What {@linkcode parseFlags} returns for these flags. */
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** A flag but for its parser, which follows from its kind; `D` is the type of its default, `undefined` if it has none. */
export type FlagText<D> = Omit<Flag, "parse" | "default"> & { default?: D };

/** The bounds of a flag's value. */
export interface Bounds {
  /** The least it may be. Default: 0. */
  min?: number;
  /** The most it may be. Default: as much as can be counted. */
  max?: number;
}

/** A flag that is on when given. */
export function switchFlag(flag: FlagText<boolean>): Flag<boolean> {
  return { default: false, ...flag, parse: (text) => text === "true" };
}

/** A flag whose value is a whole number. */
export function integerFlag<D extends number | undefined = undefined>(flag: FlagText<D> & Bounds): Flag<number | D> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, ...rest } = flag;
  const kind = min === max ? `${min} and nothing else` : `a whole number ${range(min, max, Number.MAX_SAFE_INTEGER)}`;
  return {
    value: "N",
    ...rest,
    parse(text) {
      const number = Number(text.replaceAll("_", ""));
      if (/^-?\d[\d_]*$/.test(text) && number >= min && number <= max) return number;
      throw new RangeError(kind);
    },
  };
}

/** A flag whose value is a number, decimals allowed. */
export function numberFlag<D extends number | undefined = undefined>(flag: FlagText<D> & Bounds): Flag<number | D> {
  const { min = 0, max = Infinity, ...rest } = flag;
  return {
    value: "N",
    ...rest,
    parse(text) {
      const number = Number(text);
      if (/^-?(\d+(\.\d+)?|\.\d+)$/.test(text) && number >= min && number <= max) return number;
      throw new RangeError(`a number ${range(min, max, Infinity)}`);
    },
  };
}

function range(min: number, max: number, unlimited: number): string {
  return max === unlimited ? `of at least ${min}` : `from ${min} to ${max}`;
}

/** The bounds of a duration. */
export interface DurationBounds extends Bounds {
  /** The least number that is taken for milliseconds when it has no unit; below, seconds are likely meant. Default: 0. */
  plainFrom?: number;
}

/** A flag whose value is a duration; its bounds and its value once read are milliseconds. */
export function durationFlag<D extends number | undefined = undefined>(
  flag: FlagText<D> & DurationBounds,
): Flag<number | D> {
  const { min = 0, max = 2 ** 31 - 1, plainFrom = 0, ...rest } = flag;
  return {
    value: "DURATION",
    defaultText: flag.default === undefined ? undefined : formatDuration(flag.default),
    ...rest,
    parse(text) {
      const ms = readDuration(text);
      if (ms < plainFrom && /\d$/.test(text.trim())) {
        throw new RangeError(`a unit: ${text} is ${text}ms; did you mean ${text}s?`);
      }
      if (ms >= min && ms <= max) return ms;
      throw new RangeError(`a duration from ${formatDuration(min)} to ${formatDuration(max)}`);
    },
  };
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new RangeError("a duration such as 250ms, 1.5s or 2m (a plain number is milliseconds)", { cause });
  }
}

/** A flag whose value is a size; its bounds and its value once read are bytes. */
export function sizeFlag<D extends number | undefined = undefined>(flag: FlagText<D> & Bounds): Flag<number | D> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, ...rest } = flag;
  return {
    value: "SIZE",
    ...rest,
    parse(text) {
      const bytes = parseSize(text);
      if (bytes >= min && bytes <= max) return bytes;
      throw new RangeError(`a size of at least ${formatBytes(min)}`);
    },
  };
}

/** A flag whose value is any text but the empty one. */
export function textFlag<D extends string | undefined = undefined>(flag: FlagText<D>): Flag<string | D> {
  return {
    value: "TEXT",
    ...flag,
    parse(text) {
      if (text) return text;
      throw new RangeError("a value");
    },
  };
}

/** A flag that may be given several times; its value is the list of what `each` (default: the text itself) makes of them. */
export function listFlag<T = string>(flag: FlagText<T[]> & { each?: (text: string) => T }): Flag<T[]> {
  const { each = (text: string) => text as T, ...rest } = flag;
  return { value: "TEXT", default: [], ...rest, repeatable: true, parse: (text) => [each(text)] };
}

/** A flag whose value is an http or https URL. */
export function urlFlag(flag: FlagText<string>): Flag<string | undefined> {
  return {
    value: "URL",
    ...flag,
    parse(text) {
      const url = URL.parse(text);
      if (url && (url.protocol === "http:" || url.protocol === "https:")) return text;
      throw new TypeError("an http:// or https:// URL");
    },
  };
}

/** A flag whose value is a whole number of at least 1, or the word `auto`, which leaves it undefined. */
export function autoFlag(flag: FlagText<undefined>): Flag<number | undefined> {
  const number = integerFlag({ ...flag, min: 1 });
  return {
    ...number,
    value: "N|auto",
    parse(text) {
      if (text === "auto") return undefined;
      try {
        return number.parse(text);
      } catch (cause) {
        throw new RangeError("a whole number of at least 1, or auto", { cause });
      }
    },
  };
}

/** A flag whose value is one of a few words. */
export function choiceFlag<const C extends string, D extends C | undefined = undefined>(
  flag: FlagText<D> & { choices: readonly C[] },
): Flag<C | D> {
  const { choices, ...rest } = flag;
  return {
    value: choices.join("|"),
    ...rest,
    parse(text) {
      const choice = choices.find((each) => each === text);
      if (choice) return choice;
      throw new RangeError(`one of ${choices.join(", ")}`);
    },
  };
}

/** A flag whose value is some of a few words: separated by commas, or each with a flag of its own. */
export function choicesFlag<const C extends string>(
  flag: Omit<FlagText<C[]>, "repeatable"> & { choices: readonly C[]; default?: C[] },
): Flag<C[]> {
  const { choices, ...rest } = flag;
  return {
    value: "NAMES",
    default: [],
    ...rest,
    repeatable: true,
    parse: (text) =>
      text.split(",").map((word) => {
        const choice = choices.find((each) => each === word.trim());
        if (choice) return choice;
        throw new RangeError(`some of ${choices.join(", ")}, separated by commas`);
      }),
  };
}

/** `--help`, which every command has. */
export const HELP: Flag<boolean> = switchFlag({ about: "print this help and exit" });

/**
 * Reads a command line.
 *
 * @param args The arguments after the script's name, as in `Deno.args`.
 * @param flags The flags the command knows.
 * @returns A value for every flag: the one given, or its default.
 * @throws {UsageError} For an unknown flag (the nearest known one is named), a missing or bad value, or a stray word.
 */
export function parseFlags<F extends Flags>(args: readonly string[], flags: F): FlagValues<F> {
  const names = Object.keys(flags);
  const valued = names.filter((name) => flags[name].value !== undefined);
  const switches = names.filter((name) => flags[name].value === undefined);
  const parsed = parseArgs(joinValues(args, valued), {
    string: valued,
    boolean: switches,
    collect: valued,
    alias: { help: "h" },
    unknown(arg, key) {
      throw new UsageError(key === undefined ? `unexpected argument "${arg}"; see --help` : unknownFlag(arg, names));
    },
  });
  if (parsed._.length) throw new UsageError(`unexpected argument "${parsed._[0]}"; see --help`);

  const values: Record<string, unknown> = {};
  for (const name of names) {
    const flag = flags[name];
    if (flag.value === undefined) {
      values[name] = parsed[name] || flag.default;
      continue;
    }
    const given = (parsed[name] as string[]).map((text) => parseValue(name, flag, text));
    values[name] = given.length === 0 ? flag.default : flag.repeatable ? given.flat() : given.at(-1);
  }
  return values as FlagValues<F>;
}

/** `--flag value` as `--flag=value`, so that `-` and negative numbers are values too and get a message of their own. */
function joinValues(args: readonly string[], valued: string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const next = args[i + 1];
    if (args[i] === "--") return [...joined, ...args.slice(i)];
    if (args[i].startsWith("--") && valued.includes(args[i].slice(2)) && next !== undefined && !next.startsWith("--")) {
      joined.push(`${args[i]}=${next}`);
      i++;
    } else joined.push(args[i]);
  }
  return joined;
}

function parseValue(name: string, flag: Flag, text: string): unknown {
  try {
    return flag.parse(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const said = text === "" ? `--${name} has no value` : `--${name} ${JSON.stringify(text)} won't do`;
    throw new UsageError(`${said}: it takes ${problem}`, { cause });
  }
}

function unknownFlag(arg: string, names: string[]): string {
  const flag = arg.split("=", 1)[0];
  return `unknown flag ${flag}; did you mean --${closestString(flag.replace(/^-+/, ""), names)}? See --help`;
}

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
  const left = (name: string, flag: Flag) => flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`;
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

function defaultOf(flag: Flag): string {
  const text = flag.defaultText ??
    (flag.value === undefined || Array.isArray(flag.default) ? "" : String(flag.default ?? ""));
  return text && ` (default ${text})`;
}
