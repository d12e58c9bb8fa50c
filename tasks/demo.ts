/**
 * The five strategies one after another against a slow website, and a table that shows the difference.
 *
 *     deno task demo
 *     deno task demo --skip simple --trials 10000
 *
 * Each runs in a process of its own, so that its memory is its own. `simple` gets few trials, or it would take hours.
 *
 * @module
 */

import { DELAY_MS, DEMO_TRIALS } from "../constants.ts";
import { command } from "../lib/cli/command.ts";
import { UsageError } from "../lib/core/errors.ts";
import { formatSeconds } from "../lib/core/format_seconds.ts";
import {
  choicesFlag,
  durationFlag,
  type FlagValues,
  HELP,
  integerFlag,
  switchFlag,
  textFlag,
} from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { formatCount } from "../lib/core/format_count.ts";
import { painter, paintNames } from "../lib/core/paint.ts";
import { print, tell } from "../lib/core/print.ts";
import { resultLine } from "../lib/report/summary_text.ts";
import { resultsTable } from "../lib/report/results_table.ts";
import { prepareReport } from "../lib/report/report_file.ts";
import type { Recorded } from "../lib/metrics/summary.ts";
import { startLocalServer } from "../lib/source/website.ts";
import { runScript } from "./run_script.ts";
import { STRATEGIES, TITLES } from "./strategies.ts";

const FLAGS = {
  trials: integerFlag({
    about: "pages each strategy downloads: /0 to /N-1",
    defaultText: TITLES.map((title) => `${title} ${formatCount(DEMO_TRIALS[title])}`).join(", "),
  }),
  delay: durationFlag({ about: "how long the website waits before it answers", default: DELAY_MS }),
  skip: choicesFlag({ about: `leave out some of ${TITLES.join(", ")}`, choices: TITLES }),
  html: textFlag({ about: "write a report with charts to this file", value: "FILE", default: "report.html" }),
  "no-html": switchFlag({ about: "write no report" }),
  quiet: switchFlag({ about: "show no progress, only the table and problems" }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task demo [flags]",
  about: "Downloads from a slow website in five ways, one after another, and shows the difference in a table.",
  flags: FLAGS,
  examples: [
    ["deno task demo --trials 20", "the same number of pages for all five"],
    ["deno task demo --skip simple,threaded --trials 50000", "the fast ones, with more to do"],
  ],
} as const;

async function demo(args: readonly string[], signal: AbortSignal): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  if (flags.help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  const writeReport = flags["no-html"] ? undefined : await prepareReport(flags.html);
  const results = await runAll(flags, signal);
  const width = Deno.stdout.isTerminal() ? Deno.consoleSize().columns || undefined : undefined;
  if (results.length > 0) {
    print(resultsTable(results, { width }), (text) => paintNames(text, TITLES, painter(Deno.stdout)));
    await writeReport?.({
      title: "Five ways to download from a slow website",
      results,
      delayMs: flags.delay,
      conditions: [
        ["Command", ["deno task demo", ...args].join(" ")],
        [
          "Website",
          `waits ${formatSeconds(flags.delay / 1_000)} before it answers; in a process of its own on the same machine`,
        ],
      ],
    });
    if (writeReport && !flags.quiet) { for (const line of ["", `report: ${flags.html}`]) tell(line); }
  }
  return results.some(({ summary }) => summary.failed > 0) ? 1 : 0;
}

/** Runs the strategies one after another, until all have run or the signal is aborted. */
async function runAll(
  flags: FlagValues<typeof FLAGS>,
  signal: AbortSignal,
): Promise<{ about: string; summary: Recorded }[]> {
  const titles = TITLES.filter((title) => !flags.skip.includes(title));
  if (titles.length === 0) throw new UsageError("--skip leaves no strategy to run");
  const say = flags.quiet ? () => {} : tell;
  say(`each downloads from a website of its own that waits ${formatSeconds(flags.delay / 1_000)} before it answers`);
  const results = [];
  for (const title of titles) {
    if (signal.aborted) break;
    await using website = await startLocalServer([`--delay=${flags.delay}`]);
    if (signal.aborted) break; // while it was started
    const { about } = STRATEGIES[title];
    const trials = flags.trials ?? DEMO_TRIALS[title];
    say(`${title}: ${formatCount(trials)} pages, ${about}`);
    const args = [`--url=${website.url}`, `--trials=${trials}`, ...(flags.quiet ? ["--quiet"] : [])];
    const summary = await runScript(title, args, signal);
    say(`${title}: ${resultLine(summary)}`);
    results.push({ about, summary: { ...summary, connections: await website.connections?.() ?? summary.connections } });
  }
  say("");
  return results;
}

if (import.meta.main) Deno.exit(await command("demo", (signal) => demo(Deno.args, signal)));
