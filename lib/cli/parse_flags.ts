/**
 * From a command line to a value for every flag.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { UsageError } from "../core/errors.ts";
import type { Flag, Flags, FlagValues } from "./flags.ts";

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
    const said = text === "" ? `--${name} has no value` : `invalid value ${JSON.stringify(text)} for --${name}`;
    throw new UsageError(`${said}: expected ${problem}`, { cause });
  }
}

function unknownFlag(arg: string, names: string[]): string {
  const flag = arg.split("=", 1)[0];
  return `unknown flag ${flag}; did you mean --${closestString(flag.replace(/^-+/, ""), names)}? See --help`;
}
