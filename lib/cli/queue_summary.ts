/**
 * What a run on many machines came to, whichever of them asks.
 *
 * @module
 */

import type { Run } from "../cluster/broker.ts";
import { RunView } from "../cluster/whole_run.ts";
import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { print, tell } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";
import { skipsText } from "../report/skips_text.ts";
import { timesLines } from "../report/summary_text.ts";
import { writeWholeRun } from "../report/whole_run_files.ts";
import { type WholeRunSummary, wholeRunSummary } from "../report/whole_run_summary.ts";
import { tellProblems } from "./tell_problems.ts";

/** How to sum up. */
export interface SumUpOptions {
  /** Print JSON. */
  json: boolean;
  /** Say only what went wrong, and the result. */
  quiet: boolean;
  /** Whether this machine was interrupted. */
  interrupted: boolean;
  /** Lines of the list that are no downloads. */
  badLines: number;
  /** The file for a line about every URL that has an outcome. Default: none. */
  report?: string;
  /** The file for the list of what isn't done. Default: none. */
  failed?: string;
  /** Whether that is also the list that is published. */
  isInput: boolean;
}

/**
 * Writes and prints what the whole run came to.
 *
 * @param run The run.
 * @param options How.
 * @returns The exit code.
 * @throws {CommandError} If the broker doesn't say it, or it can't be written.
 */
export async function sumUp(run: Run, options: SumUpOptions): Promise<number> {
  const { json, quiet, interrupted, badLines, report, failed, isInput } = options;
  const whole = await new RunView(run).look({ machines: false });
  const summary = wholeRunSummary(whole, { interrupted, badLines });
  await writeWholeRun(run, { report, failed, isInput, say: tell });
  await tellProblems(summary);
  if (!quiet) { for (const line of timesLines(summary)) tell(line); }
  const line = json ? jsonLine({ run: run.name, ...summary }) : sumLine(run.name, summary);
  if (report === "-") tell(line);
  else print(line);
  if (failed !== undefined && !quiet && summary.failed > 0 && summary.notStarted === 0) {
    tell(`what failed is in ${failed}; to get it, make it the list of another run: --input ${failed} --run NAME`);
  }
  return summary.failed + badLines + summary.notStarted > 0 ? 1 : 0;
}

function sumLine(name: string, summary: WholeRunSummary): string {
  const { asked, done, skipped, failed, notStarted, bytes, seconds } = summary;
  const skips = skipsText(summary);
  return [
    `run ${name}: ${formatCount(done)} of ${formatCount(asked)} downloaded (${formatBytes(bytes)}) in ${
      formatSeconds(seconds)
    }`,
    `${formatCount(skipped)} skipped${skips.length > 0 ? ` (${skips.join(", ")})` : ""}`,
    `${formatCount(failed)} failed`,
    ...notStarted > 0 ? [`${formatCount(notStarted)} not done`] : [],
  ].join(", ");
}
