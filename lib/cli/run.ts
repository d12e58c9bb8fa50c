/**
 * What every script does around its strategy: flags, URLs, the strategy itself, the result, the exit code.
 *
 * @module
 */

import { command } from "./command.ts";
import { CommandError } from "../core/errors.ts";
import { isSameFile } from "./distinct_files.ts";
import { makeConnectionCounts } from "../core/connection_counts.ts";
import { makeFlow } from "../core/flow.ts";
import { Latencies } from "../metrics/latencies.ts";
import { lazy } from "../core/lazy.ts";
import { measure } from "../metrics/measure.ts";
import { Meter } from "../core/meter.ts";
import { readOptions, type RunOptions } from "./options.ts";
import { print, tell } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";
import { showProgress } from "../report/progress.ts";
import { filesLine, resultLine, timesLines } from "../report/summary_text.ts";
import type { Source } from "../core/source.ts";
import type { Strategy } from "../engine/strategy.ts";
import { tellProblems } from "./tell_problems.ts";
import type { WriteReport } from "../report/report_file.ts";
import type { ServedMetrics } from "./metrics.ts";
import { type Recorded, type Summary, Tally } from "../metrics/summary.ts";
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
    await using metrics = options.dryRun || options.queue?.status ? undefined : await openMetrics(options);
    if (options.queue) {
      const { runOnMany } = await loadQueue();
      const code = await runOnMany(strategy, { ...options, queue: options.queue, signal, served: metrics });
      await metrics?.linger(signal, options.quiet ? () => {} : tell);
      return code;
    }
    const { html, json, quiet, download } = options;
    const writeReport = html === undefined
      ? undefined
      : await (await import("../report/report_file.ts")).prepareReport(html);
    const { name, checksums } = options;
    await using work = await openWork(options.work, {
      say: tell,
      signal,
      mayBeEmpty: isRetry(options),
      name,
      checksums,
    });
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
      served: metrics,
    });
    const shown = args.map(withoutSecret);
    await tellResult(strategy, recorded, { ...options, args: shown, opened: work, problem, writeReport });
    if (problem) throw problem;
    await metrics?.linger(signal, quiet ? () => {} : tell);
    return exitCode(recorded);
  });
}

/** Everything that is said and written when a run has ended. */
async function tellResult(
  strategy: Strategy,
  recorded: Summary | Recorded,
  options: RunOptions & {
    args: string[];
    opened: Work;
    problem: CommandError | undefined;
    writeReport: WriteReport | undefined;
  },
): Promise<void> {
  const { args, opened, problem, writeReport, html, json, quiet, failed, download: { output } } = options;
  const { timeline: record, ...summary } = recorded;
  await tellProblems(summary);
  if (!quiet) { for (const line of timesLines(summary)) tell(line); }
  const isAboutFiles = !("trials" in options.work) || output !== undefined;
  const line = isAboutFiles ? filesLine(summary, { saved: output !== undefined }) : resultLine(summary);
  if (options.report === "-") tell(line);
  else print(json ? jsonLine(options.timeline ? recorded : summary) : line);
  const script = `deno run -A ${strategy.title}.ts`;
  if (record && writeReport) {
    const { reportOfRun } = await import("../report/report_of_run.ts");
    await writeReport(reportOfRun({ ...summary, timeline: record }, {
      ...{ about: strategy.about, script, args, from: opened.from, failed },
      things: !isAboutFiles ? "pages" : output === undefined ? "URLs" : "files",
      connections: await opened.website?.connections?.(),
    }));
    tell(`report: ${html}`);
  }
  if (failed !== undefined && problem === undefined && !quiet && summary.failed + summary.notStarted > 0) {
    const { retryCommand } = await import("../report/retry_command.ts");
    tell(`what isn't done is in ${failed}; to get it: ${retryCommand(script, args, failed)}`);
  }
}

/** An argument as a report may show it to others: without passwords, and without what headers say. */
function withoutSecret(arg: string, at: number, args: readonly string[]): string {
  if (args[at - 1] === "--header" || arg.startsWith("--header=")) {
    return arg.replace(/^((?:--header=)?(?:https?:\/\/\S+\s+)?[^:\s]+:).*$/is, "$1 ...");
  }
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
  options: RunOptions & { signal: AbortSignal; charts: boolean; served?: ServedMetrics },
): Promise<{ recorded: Summary | Recorded; problem?: CommandError }> {
  const { signal, quiet, cacert, netrc, cookies, failed, served } = options;
  const caCerts = cacert === undefined
    ? undefined
    : [await (await import("./certificates.ts")).readCertificates(cacert)];
  const logins = netrc === undefined && cookies === undefined
    ? undefined
    : await (await import("./login_files.ts")).readLoginFiles(options);
  const timeline = options.timeline || options.charts ? await openTimeline() : undefined;
  const isList = work.asked === undefined;
  const areTimed = isList || served !== undefined;
  const firstByte = new Latencies();
  const total = new Latencies();
  const meter = new Meter();
  const tally = new Tally();
  served?.watch({ strategy: strategy.title, meter, tally, firstByte, total }, strategy.ownConnections);
  if (isList && !quiet || timeline) meter.flow ??= makeFlow();
  if (timeline && strategy.ownConnections) meter.connections ??= makeConnectionCounts();
  const remaining = failed === undefined ? undefined : await watchRemaining(work.source);
  using files = (failed ?? options.report ?? options.sums) === undefined ? undefined : await openFiles(options);
  const progress = showProgress(meter, { asked: work.asked, quiet });
  using _progress = progress;
  const summary = await measure(strategy, remaining?.source ?? work.source, {
    ...options.download,
    ...logins,
    ...{ caCerts, asked: work.asked, meter, tally, signal, timeline, say: quiet ? undefined : console.error },
    report(outcome, download) {
      remaining?.settle(outcome.id);
      files?.add(outcome, download);
      if (!areTimed) return;
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

async function loadQueue() {
  const module = import.meta.resolve("./queue_run.ts");
  return await lazy<typeof import("./queue_run.ts")>(module, "sharing a run with other machines (--queue)");
}

async function openMetrics({ metrics, quiet }: RunOptions): Promise<ServedMetrics | undefined> {
  if (metrics === undefined) return undefined;
  const { ServedMetrics } = await import("./metrics.ts");
  const served = new ServedMetrics(metrics);
  if (!quiet) tell(`metrics: ${served.url}`);
  return served;
}

async function openTimeline() {
  const module = import.meta.resolve("../metrics/timeline.ts");
  const what = "noting when requests begin and end";
  return new (await lazy<typeof import("../metrics/timeline.ts")>(module, what)).Timeline();
}

function exitCode({ stopped, failed, badLines = 0 }: Summary): number {
  return stopped?.exitCode ?? (failed + badLines > 0 ? 1 : 0);
}
