/**
 * Tries to get something wrong under a final name: by killing runs, by a server that changes and lies, by damage on disk.
 *
 *     deno task fuzz:resume
 *     deno task fuzz:resume --rounds 1000 --kind damage --seed 7
 *
 * @module
 */

import { command } from "../lib/cli/command.ts";
import { CommandError } from "../lib/core/errors.ts";
import { choiceFlag, HELP, integerFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { print } from "../lib/core/print.ts";
import { fuzzDamage } from "./fuzz_damage.ts";
import { Broken } from "./fuzz_folder.ts";
import { type Counts, fuzzKills, type FuzzOptions } from "./fuzz_kill.ts";

const FLAGS = {
  kind: choiceFlag({
    about: "what is done: runs are killed, what they leave is damaged, or both, one after the other",
    choices: ["kill", "damage", "both"],
    default: "both",
  }),
  rounds: integerFlag({ about: "rounds of each kind", min: 1, default: 100 }),
  seconds: integerFlag({ about: "seconds for each kind at most", min: 1 }),
  seed: integerFlag({ about: "where chance begins: the same again with the same seed", default: 1, max: 2 ** 31 }),
  lanes: integerFlag({ about: "rounds at the same time", min: 1, max: 64, default: 4 }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task fuzz:resume [flags]",
  about: "Kills runs and damages what they leave, and looks whether every file is a whole version of what was served.",
  flags: FLAGS,
};

/** Rounds between two lines that say how far it is. */
const TELL_EVERY = 100;

const KINDS = { kill: fuzzKills, damage: fuzzDamage };

/** How long to go on. */
export interface Limits extends Pick<FuzzOptions, "seed"> {
  /** Rounds. */
  rounds: number;
  /** Milliseconds. */
  ms: number;
  /** Rounds at the same time. */
  lanes: number;
  /** Ends it before its time. */
  signal: AbortSignal;
}

/**
 * Fuzzes as long as it may.
 *
 * @param fuzz What does it.
 * @param limits How long, and with which seed.
 * @returns What it did, in all lanes together.
 * @throws {Broken} When something was there that must never be.
 */
export async function fuzzResume(
  fuzz: (options: FuzzOptions) => Promise<Counts>,
  { seed, rounds, ms, lanes, signal }: Limits,
): Promise<{ rounds: number; counts: Counts }> {
  const end = performance.now() + ms;
  const total = { rounds: 0, counts: {} as Counts };
  const more = () => total.rounds < rounds && performance.now() < end && !signal.aborted;
  const onRound = () => {
    if (++total.rounds % TELL_EVERY === 0) console.error(`${total.rounds} rounds`);
  };
  // Far apart, so that no lane comes to where another began
  const seeds = Array.from({ length: lanes }, (_, lane) => seed + lane * 1_000_000);
  for (const counts of await Promise.all(seeds.map((seed) => fuzz({ seed, more, onRound })))) {
    for (const [what, count] of Object.entries(counts)) total.counts[what] = (total.counts[what] ?? 0) + count;
  }
  return total;
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { help, kind, rounds, seconds = Infinity, seed, lanes } = parseFlags(args, FLAGS);
  if (help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  for (const each of kind === "both" ? ["kill", "damage"] as const : [kind]) {
    const start = performance.now();
    try {
      const done = await fuzzResume(KINDS[each], { seed, rounds, ms: seconds * 1_000, lanes, signal });
      const counts = Object.entries(done.counts).map(([what, count]) => `${count} ${what}`).sort().join(", ");
      print(
        `${each}: ${done.rounds} rounds in ${((performance.now() - start) / 1_000).toFixed(1)}s, none wrong: ${counts}`,
      );
    } catch (error) {
      if (error instanceof Broken) throw new CommandError(`${each}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return 0;
}

if (import.meta.main) Deno.exit(await command("fuzz:resume", (signal) => main(Deno.args, signal)));
