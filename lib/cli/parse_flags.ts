/**
 * From a command line to a value for every flag.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Flag, Flags, FlagValues } from "./flags.ts";

/** What a command line says. */
export interface CommandLine<F extends Flags> {
  /** A value for every flag: the one given, or its default. */
  values: FlagValues<F>;
  /** What is neither a flag nor a flag's value. */
  words: string[];
}

/**
 * Reads a command line that has nothing but flags.
 *
 * @param args The arguments after the script's name, as in `Deno.args`.
 * @param flags The flags the command knows.
 * @returns A value for every flag: the one given, or its default.
 * @throws {UsageError} For an unknown flag (the nearest known one is named), a missing or bad value, or a stray word.
 */
export function parseFlags<F extends Flags>(args: readonly string[], flags: F): FlagValues<F> {
  const { values, words } = parseCommandLine(args, flags);
  if (words.length) throw new UsageError(`unexpected argument "${words[0]}"; see --help`);
  return values;
}

/**
 * Reads a command line by the conventions of POSIX and GNU: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, flags and
 * words in any order, and only words after `--`.
 *
 * @param args The arguments after the script's name, as in `Deno.args`.
 * @param flags The flags the command knows.
 * @returns What it says.
 * @throws {UsageError} For an unknown flag (the nearest known one is named), or a missing or bad value.
 */
export function parseCommandLine<F extends Flags>(args: readonly string[], flags: F): CommandLine<F> {
  const names = Object.keys(flags);
  const keys = names.map(keyOf);
  // Switches are text, too: `--strict=false` says no, and the last one wins
  const parsed = parseArgs(spelledOut(args, flags), { string: [...keys, "_"], collect: keys });
  const values: Record<string, unknown> = {};
  for (const name of names) values[name] = valueOf(name, flags[name], parsed[keyOf(name)] as string[]);
  return { values: values as FlagValues<F>, words: parsed._.map(String) };
}

/** What a flag is called between us and `parseArgs`, which takes `--no-html` for the opposite of `--html`. */
const keyOf = (name: string) => `flag-${name}`;

/** Every flag as `--key=value`, so that `-` and negative numbers are values too and get a message of their own. */
function spelledOut(args: readonly string[], flags: Flags): string[] {
  const names = new Names(flags);
  const all: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") return [...all, ...args.slice(i)];
    if (!arg.startsWith("-") || arg === "-") {
      all.push(arg);
      continue;
    }
    const { name, text } = names.read(arg);
    const takesNext = text === undefined && flags[name].value !== undefined && !names.isFlag(args[i + 1] ?? "--");
    all.push(`--${keyOf(name)}=${takesNext ? args[++i] : text ?? ""}`);
  }
  return all;
}

/** What flags are called on the command line. */
class Names {
  readonly #long: string[];
  readonly #byShort = new Map<string, string>();

  constructor(flags: Flags) {
    this.#long = Object.keys(flags);
    for (const name of this.#long) {
      const { short } = flags[name];
      if (short !== undefined) this.#byShort.set(short, name);
    }
  }

  /** Whether an argument must be a flag, and can't be the value of one: `-` and negative numbers can. */
  isFlag(arg: string): boolean {
    return arg.startsWith("--") || arg.startsWith("-") && this.#byShort.has(arg[1]);
  }

  /** The flag that an argument names, and its value if it has that too. */
  read(arg: string): { name: string; text: string | undefined } {
    const [, typed, text] = /^--?([^=]*)(?:=([^]*))?$/.exec(arg) ?? [];
    if (arg.startsWith("--")) {
      if (this.#long.includes(typed)) return { name: typed, text };
      throw this.#unknown(`--${typed}`);
    }
    const name = this.#byShort.get(arg[1]);
    // `-input` is a slip for `--input`, and not the value `nput` of -i
    if (name === undefined || this.#long.includes(typed)) throw this.#unknown(`-${typed}`);
    return { name, text: arg.length === 2 ? undefined : arg.slice(arg[2] === "=" ? 3 : 2) };
  }

  #unknown(flag: string): UsageError {
    return new UsageError(
      `unknown flag ${flag}; did you mean --${nearest(flag.replace(/^-+/, ""), this.#long)}? See --help`,
    );
  }
}

function valueOf(name: string, flag: Flag, texts: string[]): unknown {
  if (texts.length === 0) return flag.default;
  if (flag.value === undefined) return texts.at(-1) !== "false" || flag.default;
  const values = texts.map((text) => parseValue(name, flag, text));
  return flag.repeatable ? values.flat() : values.at(-1);
}

function parseValue(name: string, flag: Flag, text: string): unknown {
  try {
    return flag.parse(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const said = text === "" ? `--${name} has no value` : `invalid value ${JSON.stringify(text)} for --${name}`;
    throw new UsageError(`${said}: expected ${problem}`, { cause });
  }
}
