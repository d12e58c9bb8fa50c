/**
 * Gives the HTTP code answers that nobody thought of, and says what must not have come of them.
 *
 *     deno task fuzz --seconds 60
 *     deno task fuzz --case scripted:123456
 *
 * What must come of each is said by a second reading of the RFCs, which shares no code with `lib/`: `tests/fuzz/oracle.ts`, and
 * for HTTP/2 `tests/fuzz/http2/oracle.ts`.
 *
 * @module
 */

import { command } from "../lib/cli/command.ts";
import { UsageError } from "../lib/core/errors.ts";
import { choicesFlag, HELP, integerFlag, textFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { formatBytes } from "../lib/core/format_bytes.ts";
import { formatCount } from "../lib/core/format_count.ts";
import { print } from "../lib/core/print.ts";
import { type Found, fuzz, fuzzOnce, type FuzzResult, MOST_GROWTH } from "../tests/fuzz/fuzz.ts";
import type { AnyTarget } from "../tests/fuzz/target.ts";
import { openTargets, TARGETS } from "../tests/fuzz/targets.ts";

const FLAGS = {
  seconds: integerFlag({ about: "how long", default: 60, min: 1 }),
  seed: integerFlag({ about: "what all cases follow from", defaultText: "another one each time", max: 2 ** 32 - 1 }),
  only: choicesFlag({ about: `only some of ${TARGETS.join(", ")}`, choices: TARGETS }),
  case: textFlag({ about: "run one case again, as a finding names it", value: "TARGET:SEED" }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task fuzz [flags]",
  about: "Fuzzes the HTTP side: made-up answers, in all ways to read them. Exits 1 if something came that must not.",
  flags: FLAGS,
  examples: [
    ["deno task fuzz --seconds 600", "ten minutes"],
    ["deno task fuzz --seed 1 --only scripted", "the same cases each time"],
    ["deno task fuzz --case scripted:123456", "one case, shown"],
  ],
} as const;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  if (flags.help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  if (flags.case !== undefined) return await repeat(flags.case);
  const seed = flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const only = flags.only.length > 0 ? flags.only : TARGETS;
  const again = [`--seed ${seed}`, ...flags.only.length > 0 ? [`--only ${only.join(",")}`] : []].join(" ");
  print(`fuzzing ${only.join(", ")} for ${flags.seconds} s; the same again: ${again}`);
  await using targets = await openTargets(only);
  const result = await fuzz(targets.all, { seed, ms: flags.seconds * 1_000, signal, onFound: tell });
  summarize(targets.all, result);
  return result.found.length > 0 || isLarge(result) ? 1 : 0;
}

/** Runs one case, and shows it. */
async function repeat(name: string): Promise<number> {
  const [, title, seed] = /^([\w-]+):(\d+)$/.exec(name) ?? [];
  const known = TARGETS.find((target) => target === title);
  if (known === undefined) throw new UsageError(`--case takes TARGET:SEED, as a finding names it, not ${name}`);
  await using targets = await openTargets([known]);
  const found = await fuzzOnce(targets.all[0], Number(seed));
  if (found) tell(found);
  else print(`${name} shows nothing that must not be`);
  return found ? 1 : 0;
}

function isLarge({ memory }: FuzzResult): boolean {
  return memory.peak - memory.start > MOST_GROWTH;
}

function tell({ target, seed, rule, detail, example }: Found): void {
  print(
    `\n${target.name} ${rule}\n  ${detail}\n  again: deno task fuzz --case ${target.name}:${seed}\n  as small as it gets:`,
  );
  print(example.replaceAll(/^/gm, "    "));
}

function summarize(targets: readonly AnyTarget[], result: FuzzResult): void {
  const { cases, took, found, memory } = result;
  print("");
  for (const target of targets) {
    const [count, seconds] = [cases.get(target) ?? 0, (took.get(target) ?? 0) / 1_000];
    const rate = formatCount(Math.round(count / Math.max(seconds, 0.001)));
    print(
      `${target.name}: ${formatCount(count)} cases in ${seconds.toFixed(1)} s (${rate} per second): ${target.about}`,
    );
    for (const [what, times] of Object.entries(target.counts ?? {})) print(`  ${formatCount(times)} ${what}`);
  }
  const bound = isLarge(result) ? `, and may grow by ${formatBytes(MOST_GROWTH)} only` : "";
  print(`memory: ${formatBytes(memory.start)} at the start, ${formatBytes(memory.peak)} at most${bound}`);
  for (const { target, rule, count, seed } of found) {
    print(`${formatCount(count)} times, ${target.name} ${rule} (--case ${target.name}:${seed})`);
  }
  print(found.length === 0 ? "nothing found" : `${found.length} kinds of findings`);
}

if (import.meta.main) Deno.exit(await command("fuzz", (signal) => main(Deno.args, signal)));
