/**
 * What became of every download of a run on many machines, in files: read from the broker as it is written, so that a run of
 * any size takes no more memory than a small one.
 *
 * @module
 */

import type { Run } from "../cluster/broker.ts";
import { readLeft } from "../cluster/left.ts";
import { readOutcomes } from "../cluster/read_outcomes.ts";
import { OutcomeFiles } from "./outcome_files.ts";

/** What to write, and where. */
export interface WholeRunFilesOptions {
  /** The report: a line of JSON for every download that has an outcome; `-` is standard output. Default: none. */
  report?: string;
  /** The list of what isn't done: what failed, and what has no outcome yet. Default: none. */
  failed?: string;
  /** Whether that is also the list that the run is published from, so that nothing of it may get lost. Default: false. */
  isInput?: boolean;
  /** Ends it. What is in place of the list of what isn't done stays then. Default: nothing does. */
  signal?: AbortSignal;
  /** Called with a message. */
  say: (line: string) => void;
}

/**
 * Writes the report and the list of what isn't done.
 *
 * @param run The run, which may go on meanwhile.
 * @param options What to write, and where.
 * @throws {BrokerError} If the broker doesn't say what became of it.
 * @throws {CannotWriteError} If it can't be written.
 */
export async function writeWholeRun(run: Run, options: WholeRunFilesOptions): Promise<void> {
  if (options.report !== undefined) await writeReport(run, options.report, options);
  if (options.failed !== undefined) await writeFailed(run, options.failed, options);
}

async function writeReport(run: Run, report: string, { signal }: WholeRunFilesOptions): Promise<void> {
  using files = new OutcomeFiles({ report });
  for await (const { outcomes, place } of readOutcomes(run)) {
    signal?.throwIfAborted();
    for (const [, outcome] of outcomes) files.add(outcome, { url: outcome.url }, place);
  }
  files.end();
}

async function writeFailed(
  run: Run,
  failed: string,
  { isInput = false, signal, say }: WholeRunFilesOptions,
): Promise<void> {
  using files = new OutcomeFiles({ failed });
  const left = readLeft(run);
  let each = await left.next();
  for (; !each.done; each = await left.next()) {
    signal?.throwIfAborted();
    files.addLeft(each.value.download, each.value.why);
  }
  if (!each.value && isInput) {
    say(`${failed} is left as it was: not all of it has been published yet`);
    return;
  }
  files.end();
  if (!each.value) say(`${failed} lacks what of the list hasn't been published yet`);
}
