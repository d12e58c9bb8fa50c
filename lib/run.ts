/**
 * What every script does around its strategy: flags, URLs, the strategy itself, the result, the exit code.
 *
 * @module
 */

import { command } from "./command.ts";
import { UsageError } from "./command_error.ts";
import { Latencies } from "./latencies.ts";
import { loadTimeline } from "./lazy.ts";
import { measure } from "./measure.ts";
import { Meter } from "./meter.ts";
import { readOptions, runHelp, type RunOptions } from "./options.ts";
import { OutcomeFiles } from "./outcome_files.ts";
import { print } from "./print.ts";
import { showProgress } from "./progress.ts";
import { filesLine, problemLines, resultLine, timesLines } from "./report.ts";
import type { Strategy } from "./strategy.ts";
import type { Recorded, Summary } from "./summary.ts";
import { openWork, type Work } from "./work.ts";

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
      print(runHelp(strategy));
      return 0;
    }
    const { html, json, quiet, download } = options;
    const writeReport = html === undefined ? undefined : await (await import("./report_file.ts")).prepareReport(html);
    await using work = await openWork(options.work, { say: console.error, signal });
    if (options.dryRun) {
      await (await import("./dry_run.ts")).dryRun(work.source, {
        ...download,
        json,
        say: quiet ? undefined : console.error,
        signal,
      });
      return work.badLines > 0 ? 1 : 0;
    }
    const recorded = await downloadAll(strategy, work, { ...options, signal, charts: writeReport !== undefined });
    const { timeline: record, ...summary } = recorded;
    for (const line of problemLines(summary)) console.error(line);
    if (!quiet) { for (const line of timesLines(summary)) console.error(line); }
    const isAboutFiles = "input" in options.work || download.output !== undefined;
    const line = isAboutFiles ? filesLine(summary, { saved: download.output !== undefined }) : resultLine(summary);
    print(json ? JSON.stringify(options.timeline ? recorded : summary) : line);
    if (record && writeReport) {
      await writeReport({
        title: `Downloading with ${strategy.title}`,
        results: [{ about: strategy.about, summary: { ...summary, timeline: record } }],
        conditions: [["Command", [`deno run -A ${strategy.title}.ts`, ...args].join(" ")], work.from],
      });
      console.error(`report: ${html}`);
    }
    return exitCode(summary);
  });
}

/** Downloads, with everything around it that goes on at the same time. */
async function downloadAll(
  strategy: Strategy,
  work: Work,
  options: RunOptions & { signal: AbortSignal; charts: boolean },
): Promise<Summary | Recorded> {
  const { signal, quiet, cacert } = options;
  const caCerts = cacert === undefined ? undefined : [await readCertificates(cacert)];
  const timeline = options.timeline || options.charts ? new (await loadTimeline()).Timeline() : undefined;
  const isList = work.asked === undefined;
  const firstByte = new Latencies();
  const total = new Latencies();
  const meter = new Meter();
  using files = new OutcomeFiles(options);
  using _progress = showProgress(meter, { asked: work.asked, quiet });
  const summary = await measure(strategy, work.source, {
    ...options.download,
    ...{ caCerts, asked: work.asked, meter, signal, timeline, say: quiet ? undefined : console.error },
    report(outcome, download) {
      files.add(outcome, download);
      if (!isList) return;
      if (outcome.firstByteMs !== undefined) firstByte.add(outcome.firstByteMs);
      if (outcome.result === "done") total.add(outcome.totalMs);
    },
  });
  if (!isList) return summary;
  const [firstByteMs, totalMs] = await Promise.all([firstByte.percentiles(), total.percentiles()]);
  return { ...summary, badLines: work.badLines, firstByteMs, totalMs };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--cacert ${path} can't be read: ${why}`, { cause });
  }
}

function exitCode({ stopped, failed, badLines = 0 }: Summary): number {
  return stopped?.exitCode ?? (failed + badLines > 0 ? 1 : 0);
}
