/**
 * The five strategies at the same time: five bars in a terminal, then a picture of who did what when, and a table.
 *
 *     deno task race
 *     deno task race --trials 50 --delay 200ms
 *     deno task race --web
 *
 * Each runs in a worker of its own, so that none waits for another's event loop. They do share the computer: with many
 * pages and a short delay they slow each other down, and `deno task demo`, one after another, is the fair comparison. So is
 * `--web`, a page for a browser: there each runs alone, and only then all are shown from the same start.
 *
 * @module
 */

import { RACE_DELAY_MS, RACE_TRIALS } from "../constants.ts";
import { showBars } from "../lib/report/live_lines.ts";
import { command } from "../lib/cli/command.ts";
import { UsageError } from "../lib/core/errors.ts";
import { choicesFlag, durationFlag, HELP, integerFlag, switchFlag, textFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { formatCount } from "../lib/core/format_count.ts";
import { formatSeconds } from "../lib/core/format_seconds.ts";
import { type Paint, paintBlocks, painter, paintNames } from "../lib/core/paint.ts";
import { print, tell } from "../lib/core/print.ts";
import { canRedraw, progressFacts, showProgress } from "../lib/report/progress.ts";
import { progressBar } from "../lib/report/progress_line.ts";
import { problemLines } from "../lib/report/summary_text.ts";
import { prepareReport } from "../lib/report/report_file.ts";
import { resultsTable } from "../lib/report/results_table.ts";
import { pagesPerSecond } from "../lib/metrics/speed.ts";
import type { Recorded } from "../lib/metrics/summary.ts";
import { waterfallText } from "../lib/report/waterfall_text.ts";
import { startLocalServer } from "../lib/source/website.ts";
import { Racer } from "./racer.ts";
import { STRATEGIES, type Title, TITLES } from "./strategies.ts";

const IN_A_BROWSER = "In a browser";

const FLAGS = {
  trials: integerFlag({ about: "pages each strategy downloads: /0 to /N-1", default: RACE_TRIALS }),
  delay: durationFlag({ about: "how long the website waits before it answers", default: RACE_DELAY_MS }),
  strategies: choicesFlag({
    about: `who takes part: some of ${TITLES.join(", ")}`,
    choices: TITLES,
    defaultText: "all",
  }),
  html: textFlag({ about: "also write a report with charts to this file", value: "FILE" }),
  quiet: switchFlag({ about: "show no progress, only the result and problems" }),
  web: switchFlag({
    about: "serve a page on this machine that shows the race in a browser, whose own fetch takes part",
    group: IN_A_BROWSER,
  }),
  port: integerFlag({
    about: "port of that page, 0 for any that is free",
    default: 0,
    max: 65_535,
    group: IN_A_BROWSER,
  }),
  help: HELP,
};

/** Flags whose meaning the page has controls for, or none. */
const NOT_ON_THE_WEB = ["trials", "delay", "strategies", "html", "quiet"] as const;

const HELP_TEXT = {
  usage: "deno task race [flags]",
  about: "Lets five ways to download from a slow website start at the same moment, and shows who does what when.",
  flags: FLAGS,
  examples: [
    ["deno task race --trials 50 --delay 200ms", "more pages from a faster website"],
    ["deno task race --strategies async,optimized,download --trials 5000", "only the fast ones, with more to do"],
    ["deno task race --web", "each alone, then all from the same start, on a page"],
  ],
} as const;

const NAME_WIDTH = Math.max(...TITLES.map(({ length }) => length));

/** Columns where standard output is no terminal. */
const DEFAULT_WIDTH = 100;

async function race(args: readonly string[], signal: AbortSignal): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  if (flags.help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  if (flags.web) {
    const besides = NOT_ON_THE_WEB.find((name) => String(flags[name] ?? "") !== String(FLAGS[name].default ?? ""));
    if (besides) throw new UsageError(`--${besides} has no meaning with --web, whose page offers what can be chosen`);
    await (await import("./race_web/serve.ts")).serveRace(flags.port, signal);
    return 0;
  }
  const { trials, delay, html, quiet } = flags;
  const writeReport = html === undefined ? undefined : await prepareReport(html);
  using racers = new DisposableStack();
  const field = TITLES.filter((title) => flags.strategies.length === 0 || flags.strategies.includes(title))
    .map((title) => racers.use(new Racer(title)));
  const waits = `waits ${formatSeconds(delay / 1_000)} before it answers`;
  if (!quiet) { for (const line of [`${formatCount(trials)} pages from a website that ${waits}`, ""]) tell(line); }
  await using website = await startLocalServer([`--delay=${delay}`]);
  await Promise.all(field.map(({ ready }) => ready));

  const progress = quiet ? undefined : canRedraw() ? raceBars(field, trials) : raceLog(field, trials);
  const runs = await Promise.all(field.map((racer) => racer.run({ url: website.url, trials }, signal)))
    .finally(() => progress?.[Symbol.dispose]());

  for (const run of runs) for (const line of problemLines(run)) tell(`${run.strategy}: ${line}`);
  const results = runs.map((summary, i) => ({ about: STRATEGIES[field[i].title].about, summary }));
  const width = Deno.stdout.isTerminal() ? Deno.consoleSize().columns || DEFAULT_WIDTH : DEFAULT_WIDTH;
  if (!quiet) tell("");
  const paint = painter(Deno.stdout);
  print(`${waterfallText(runs, { width })}\n`, (text) => paintBlocks(text, TITLES, paint));
  print(resultsTable(results, { width, sharedMemory: true }), (text) => paintNames(text, TITLES, paint));
  await writeReport?.({
    title: "Five ways to download from a slow website, at the same time",
    results,
    delayMs: delay,
    conditions: [
      ["Command", ["deno task race", ...args].join(" ")],
      ["Website", `${waits}; in a process of its own on the same machine`],
    ],
    oneProcess: true,
  });
  if (writeReport && !quiet) { for (const line of ["", `report: ${html}`]) tell(line); }
  return runs.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** A bar for each strategy, which stays full when it has finished, beside how fast it was. */
function raceBars(field: readonly Racer[], trials: number): Disposable {
  const paint = painter(Deno.stderr);
  const start = performance.now();
  const simple = field.find(({ title }) => title === "simple");
  /** Pages per second of `simple`; so far, it has got halfway through the next page on average. */
  const simplySoFar = () => {
    if (!simple?.meter.done) return undefined;
    if (simple.result) return { speed: pagesPerSecond(simple.result), about: "" };
    const seconds = (performance.now() - start) / 1_000;
    return { speed: (simple.meter.done + 0.5) / seconds, about: "about " };
  };
  const lines = field.map((racer) => {
    const facts = progressFacts(racer.meter, trials);
    const title = racer.title.padEnd(NAME_WIDTH);
    return (width: number) =>
      raceLine(
        racer.result
          ? fullBar(racer.result, { width, title, text: finish(racer.result, simplySoFar()) })
          : progressBar(facts(), { width, title }),
        { title: racer.title, paint },
      );
  });
  return showBars(lines, { keep: true });
}

/** Lines now and then for each strategy. */
function raceLog(field: readonly Racer[], trials: number): Disposable {
  const logs = new DisposableStack();
  for (const { title, meter } of field) {
    const say = (line: string) => tell(`${title}: ${line}`);
    logs.use(showProgress(meter, { asked: trials, terminal: false, say }));
  }
  return logs;
}

/** Columns of a bar at most and at least, and those left for how a strategy did, so that all bars are of one length. */
const BAR = { most: 40, least: 8, text: 54 };

/** The bar of a strategy that has finished, as full as it has got pages, and how it did. */
function fullBar({ done, asked }: Recorded, line: { width: number; title: string; text: string }): string {
  const room = Math.min(line.width - line.title.length - Math.max(line.text.length, BAR.text) - 4, BAR.most);
  const full = Math.round(asked > 0 ? done / asked * room : room);
  const bar = room < BAR.least ? [] : ["█".repeat(full) + "░".repeat(room - full)];
  return [line.title, ...bar, line.text].join("  ").slice(0, line.width);
}

/** A line in the colour of its strategy: the name and the bar; and in that of failures what failed. */
function raceLine(line: string, { title, paint }: { title: Title; paint: Paint }): string {
  return line.replace(title, (name) => paint(name, title))
    .replace(/[█░]+/, (bar) => paint(bar, title))
    .replace(/\b[1-9][\d,]* failed/, (failed) => paint(failed, "failed"));
}

/** How a strategy did, also beside `simple` if it is known how fast that is. */
function finish(result: Recorded, simple?: { speed: number; about: string }): string {
  const { done, failed, seconds, strategy } = result;
  const facts = [`${formatCount(done)} pages in ${formatSeconds(seconds)}`];
  if (failed > 0) facts.push(`${formatCount(failed)} failed`);
  if (simple && strategy !== "simple") {
    facts.push(`${simple.about}${formatCount(pagesPerSecond(result) / simple.speed)} times as fast as simple`);
  }
  return facts.join(", ");
}

if (import.meta.main) Deno.exit(await command("race", (signal) => race(Deno.args, signal)));
