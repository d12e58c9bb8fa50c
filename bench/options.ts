/**
 * The flags of `deno task bench`.
 *
 * @module
 */

import { durationFlag, type Flag, HELP, integerFlag, switchFlag, textFlag } from "../lib/cli/flags.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { PEERS } from "./peers.ts";
import type { Peer } from "./peer.ts";
import { makeTables, type Table, TABLE_NAMES, type TableName } from "./tables.ts";

/** Rounds by default: the fewest for which a median and a spread mean something. */
const REPEATS = 5;

/** Milliseconds of waiting above which a client is left out: aiohttp's default takes 100 s for 10,000 pages. */
const PATIENCE_MS = 120_000;

const DEFAULT_TABLES: TableName[] = ["main", "http1"];

const PEER_NAMES = PEERS.map(({ name }) => name);

/** A flag whose value is a list with commas, each of which `each` reads. */
function commaFlag<T>(flag: Omit<Flag, "parse" | "default">, each: (text: string) => T): Flag<T[]> {
  return { default: [], ...flag, repeatable: true, parse: (text) => text.split(",").map((part) => each(part.trim())) };
}

function oneOf<const T extends string>(names: readonly T[]) {
  return (text: string): T => {
    const name = names.find((name) => name === text);
    if (name) return name;
    throw new RangeError(`a list of ${names.join(", ")}`);
  };
}

function trials(text: string): number {
  const number = Number(text.replaceAll("_", ""));
  if (Number.isInteger(number) && number >= 1) return number;
  throw new RangeError("a list of whole numbers of at least 1, for example 100,1000");
}

/** The flags. */
export const FLAGS = {
  tables: commaFlag({
    about: `which tables: ${TABLE_NAMES.join(", ")}, or all`,
    value: "NAMES",
    defaultText: DEFAULT_TABLES.join(","),
  }, oneOf([...TABLE_NAMES, "all"])),
  only: commaFlag({ about: "only these clients", value: "NAMES" }, oneOf(PEER_NAMES)),
  skip: commaFlag({ about: "not these clients", value: "NAMES" }, oneOf(PEER_NAMES)),
  trials: commaFlag({ about: "numbers of pages, in tables that have one", value: "LIST" }, trials),
  delay: durationFlag({ about: "the server's, in tables that aren't about that" }),
  repeats: integerFlag({ about: "rounds, in tables that have no number of their own", min: 1, default: REPEATS }),
  patience: durationFlag({ about: "leave out clients that would have to wait longer", min: 1, default: PATIENCE_MS }),
  install: switchFlag({ about: "install the clients that are missing, with apt-get (as root) and npm" }),
  markdown: textFlag({ about: "write the tables here, and charts of them beside it", value: "FILE" }),
  json: textFlag({ about: "write everything that was measured here", value: "FILE" }),
  help: HELP,
};

/** What the command line asks for. */
export interface Options {
  /** Print the help text and do nothing else. */
  help: boolean;
  /** What to measure, with the clients that were chosen. */
  tables: Table[];
  /** Rounds. */
  repeats: number;
  /** Milliseconds of waiting above which a client is left out. */
  patienceMs: number;
  /** Install what is missing. */
  install: boolean;
  /** Where to write the tables. */
  markdown: string | undefined;
  /** Where to write what was measured. */
  json: string | undefined;
}

/**
 * Reads the command line.
 *
 * @param args The arguments.
 * @throws {UsageError} For an unknown flag or an invalid value.
 */
export function readOptions(args: readonly string[]): Options {
  const flags = parseFlags(args, FLAGS);
  const { help, repeats, patience: patienceMs, install, markdown, json, delay: delayMs } = flags;
  const tables = makeTables({ trials: flags.trials.length ? flags.trials : undefined, delayMs });
  const asked = flags.tables.length ? flags.tables : DEFAULT_TABLES;
  const names = asked.includes("all") ? TABLE_NAMES : TABLE_NAMES.filter((name) => asked.includes(name));
  const wanted = ({ name }: Peer) => (!flags.only.length || flags.only.includes(name)) && !flags.skip.includes(name);
  const chosen = names.map((name) => ({ ...tables[name], peers: tables[name].peers.filter(wanted) }));
  return { help, tables: chosen, repeats, patienceMs, install, markdown, json };
}
