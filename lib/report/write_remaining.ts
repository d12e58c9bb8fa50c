/**
 * What a run that ended early has left, written to the list of what isn't done.
 *
 * @module
 */

import { CommandError } from "../core/errors.ts";
import type { OutcomeFiles } from "./outcome_files.ts";
import type { Remaining } from "./remaining.ts";

/** Milliseconds that a pipe may keep quiet before it is taken for one that goes on for ever, and may be read altogether. */
const STREAM_PATIENCE = { idleMs: 2_000, totalMs: 30_000 };

/** Milliseconds after which it is said what takes so long. */
const SAY_AFTER_MS = 1_000;

/** What {@linkcode writeLeft} needs to know. */
export interface WriteLeftOptions {
  /** The name of the list of what isn't done, for messages. */
  failed: string;
  /** Whether the source is a pipe or a terminal, which may never end. */
  isStream: boolean;
  /** Whether that list is also the one that is read. */
  isInput: boolean;
  /** Called with each message. */
  say: (line: string) => void;
}

/**
 * Writes down every download that has no outcome, those included that were never read.
 *
 * @param remaining What they are.
 * @param files Where to.
 * @param options What to call it, and how long to wait.
 * @throws {CommandError} If the rest of the source can't be read, and so its only list must not be replaced.
 * @throws {CannotWriteError} If it can't be written.
 */
export async function writeLeft(remaining: Remaining, files: OutcomeFiles, options: WriteLeftOptions): Promise<void> {
  const { failed, isStream, isInput, say } = options;
  const slow = setTimeout(() => say(`reading on, so that ${failed} has all that isn't done`), SAY_AFTER_MS);
  try {
    const left = remaining.left(isStream ? STREAM_PATIENCE : {});
    let each = await left.next();
    for (; !each.done; each = await left.next()) for (const download of each.value) files.addLeft(download);
    if (!each.value) say(`${failed} lacks what the list would still have said: it didn't end in time`);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode === 3) throw error;
    if (isInput) throw new CommandError(`${failed} is left as it was: ${error.message}`, { exitCode: error.exitCode });
    say(`${failed} lacks what the list would still have said: ${error.message}`);
  } finally {
    clearTimeout(slow);
  }
}
