/**
 * What every script does around its strategy: flags, URLs, the strategy itself, the result, the exit code.
 *
 * @module
 */

import { command } from "./command.ts";
import { CommandError } from "../core/errors.ts";
import { isSameFile } from "./distinct_files.ts";
import { makeFlow } from "../core/flow.ts";
import { Latencies } from "../metrics/latencies.ts";
import { lazy } from "../core/lazy.ts";
import { measure } from "../metrics/measure.ts";
import { Meter } from "../core/meter.ts";
import { readOptions, type RunOptions } from "./options.ts";
import { print, tell } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";
import { showProgress } from "../report/progress.ts";
import { filesLine, problemLines, resultLine, timesLines } from "../report/summary_text.ts";
import type { Source } from "../core/source.ts";
import type { Strategy } from "../engine/strategy.ts";
import type { Recorded, Summary } from "../metrics/summary.ts";
import { openWork, type Work } from "../source/open_source.ts";

/**
 * Runs a strategy as a command.
 *
 * @param strategy What downloads.
 * @param args The command line. Default: the process's own.
 * @returns The exit code: 0 when everything was downloaded, 1 when something failed, 2 for a mistake in the command
 * line or a list that can't be read, 3 when something can't be written, 128 plus the signal's number when a signal ended
 * the run (Ctrl-C: 130).
 */
export function run(strategy: Strategy, args: readonly string[] = Deno.args): Promise<number> {
  return command(`${strategy.title}.ts`, async (signal) => {
    const options = readOptions(strategy, args);
    if (options.help) {
      print((await import("./run_help.ts")).runHelp(strategy));
      return 0;
    }
    const { html, json, quiet, download, report } = options;
    const writeReport = html === undefined
      ? undefined
      : await (await import("../report/report_file.ts")).prepareReport(html);
    await using work = await openWork(options.work, { say: tell, signal, mayBeEmpty: isRetry(options) });
    if (options.dryRun) {
      await (await import("./dry_run.ts")).dryRun(work.source, {
        ...download,
        json,
        say: quiet ? undefined : console.error,
        signal,
      });
      return work.badLines > 0 ? 1 : 0;
    }
    const { recorded, problem } = await downloadAll(strategy, work, {
      ...options,
      signal,
      charts: writeReport !== undefined,
    });
    const { timeline: record, ...summary } = recorded;
    for (const line of problemLines(summary)) tell(line);
    if (!quiet) { for (const line of timesLines(summary)) tell(line); }
    const isAboutFiles = !("trials" in options.work) || download.output !== undefined;
    const line = isAboutFiles ? filesLine(summary, { saved: download.output !== undefined }) : resultLine(summary);
    if (report === "-") tell(line);
    else print(json ? jsonLine(options.timeline ? recorded : summary) : line);
    if (record && writeReport) {
      await writeReport({
        title: `Downloading with ${strategy.title}`,
        results: [{ about: strategy.about, summary: { ...summary, timeline: record } }],
        conditions: [
          ["Command", [`deno run -A ${strategy.title}.ts`, ...args.map(withoutPassword)].join(" ")],
          work.from,
        ],
      });
      tell(`report: ${html}`);
    }
    if (problem) throw problem;
    return exitCode(summary);
  });
}

/** An argument as a report may show it to others. */
function withoutPassword(arg: string): string {
  return arg.replace(/^((?:--[\w-]+=|-\w)?\w+:\/\/)[^/?#]*@/, "$1");
}

/** Whether what an earlier run has left is tried again, in which there may be nothing. */
function isRetry({ work, failed }: RunOptions): boolean {
  return "input" in work && failed !== undefined && isSameFile(work.input, failed);
}

/** Downloads, with everything around it that goes on at the same time. */
async function downloadAll(
  strategy: Strategy,
  work: Work,
  options: RunOptions & { signal: AbortSignal; charts: boolean },
): Promise<{ recorded: Summary | Recorded; problem?: CommandError }> {
  const { signal, quiet, cacert, failed } = options;
  const caCerts = cacert === undefined
    ? undefined
    : [await (await import("./certificates.ts")).readCertificates(cacert)];
  const timeline = options.timeline || options.charts ? await openTimeline() : undefined;
  const isList = work.asked === undefined;
  const firstByte = new Latencies();
  const total = new Latencies();
  const meter = new Meter();
  if (isList && !quiet) meter.flow = makeFlow();
  const remaining = failed === undefined ? undefined : await watchRemaining(work.source);
  using files = failed === undefined && options.report === undefined ? undefined : await openFiles(options);
  const progress = showProgress(meter, { asked: work.asked, quiet });
  using _progress = progress;
  const summary = await measure(strategy, remaining?.source ?? work.source, {
    ...options.download,
    ...{ caCerts, asked: work.asked, meter, signal, timeline, say: quiet ? undefined : console.error },
    report(outcome, download) {
      remaining?.settle(outcome.id);
      files?.add(outcome, download);
      if (!isList) return;
      if (outcome.firstByteMs !== undefined) firstByte.add(outcome.firstByteMs);
      if (outcome.result === "done") total.add(outcome.totalMs);
    },
  });
  progress[Symbol.dispose]();
  const problem = await problemOf(async () => {
    if (remaining && files && failed !== undefined) {
      const { writeLeft } = await import("../report/write_remaining.ts");
      await writeLeft(remaining, files, { failed, isStream: work.isStream, isInput: isRetry(options), say: tell });
    }
    files?.end();
  });
  if (!isList) return { recorded: summary, problem };
  const [firstByteMs, totalMs] = await Promise.all([firstByte.percentiles(), total.percentiles()]);
  return { recorded: { ...summary, badLines: work.badLines, firstByteMs, totalMs }, problem };
}

/** What went wrong at the end, when there is a result all the same. */
async function problemOf(finish: () => Promise<void>): Promise<CommandError | undefined> {
  try {
    await finish();
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

async function watchRemaining(source: Source) {
  const { Remaining } = await import("../report/remaining.ts");
  return new Remaining(source);
}

async function openFiles(options: RunOptions) {
  const { OutcomeFiles } = await import("../report/outcome_files.ts");
  return new OutcomeFiles(options);
}

async function openTimeline() {
  const module = import.meta.resolve("../metrics/timeline.ts");
  const what = "noting when requests begin and end";
  return new (await lazy<typeof import("../metrics/timeline.ts")>(module, what)).Timeline();
}

function exitCode({ stopped, failed, badLines = 0 }: Summary): number {
  return stopped?.exitCode ?? (failed + badLines > 0 ? 1 : 0);
}
