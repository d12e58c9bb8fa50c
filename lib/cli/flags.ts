/**
 * Command-line flags described once, as data: parse_flags.ts reads and checks a command line by them, and help_text.ts
 * explains them.
 *
 * @module
 */

import { formatDuration, parseDuration } from "../core/duration.ts";
import { formatBytes } from "../core/format_bytes.ts";
import { parseSize } from "../core/size.ts";

/** One flag of a command. */
export interface Flag<T = unknown> {
  /** What it is for, in a line. */
  about: string;
  /** The letter that it may be called by, too: `i` for `-i`. Default: none. */
  short?: string;
  /** What stands for the value in the help text, with its unit where it has one. A flag without is a switch. */
  value?: string;
  /** The value when the flag isn't given. */
  default?: T;
  /** What the help says the default is, where that is not the value itself. */
  defaultText?: string;
  /** The heading the help puts it under. */
  group?: string;
  /** The words that its value may be, or some of them, for shells to complete. Default: none are known. */
  choices?: readonly string[];
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
export type FlagText<D> = Omit<Flag, "parse" | "default" | "choices"> & { default?: D };

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
    choices: ["auto"],
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
    choices,
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
    choices,
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
export const HELP: Flag<boolean> = switchFlag({ short: "h", about: "print this help and exit" });

/** `--version`, which every script has. */
export const VERSION: Flag<boolean> = switchFlag({ short: "V", about: "print the version and exit" });

/** The shells that flags can be completed in. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that flags can be completed in. */
export type Shell = typeof SHELLS[number];

/** `--completions`, which every script has. */
export const COMPLETIONS: Flag<Shell | undefined> = choiceFlag({
  about: "print what makes this shell complete the flags, and exit",
  choices: SHELLS,
});
