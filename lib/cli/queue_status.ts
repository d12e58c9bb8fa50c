/**
 * `--queue URL --status`: how a run on many machines stands, from any machine, at any time.
 *
 * @module
 */

import type { Run } from "../cluster/broker.ts";
import { RunView, type WholeRun } from "../cluster/whole_run.ts";
import { variable } from "../core/env.ts";
import { print, tell } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";
import { statusData, statusLine, statusLines } from "../report/run_status_text.ts";
import { writeWholeRun } from "../report/whole_run_files.ts";

/** Milliseconds between two looks, and two drawings where there is a terminal. */
const LOOK_MS = 2_000;

/** Milliseconds between two lines, where there is none. */
const LINE_MS = 10_000;

/** Milliseconds between the two looks that say how fast a run is. */
const RATE_MS = 1_000;

/** What is asked for. */
export interface QueueStatusOptions {
  /** Look again and again, until the run has ended. */
  watch: boolean;
  /** Print JSON. */
  json: boolean;
  /** The file for a line about every URL that has an outcome. Default: none. */
  report?: string;
  /** The file for the list of what isn't done. Default: none. */
  failed?: string;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * Says how a run stands.
 *
 * @param run The run.
 * @param options How to say it.
 * @returns The exit code: 0 if nothing has failed so far, else 1.
 * @throws {CommandError} If the broker doesn't say it, or a file can't be written.
 */
export async function queueStatus(run: Run, options: QueueStatusOptions): Promise<number> {
  const { watch, json, report, failed, signal } = options;
  const view = new RunView(run);
  let seen = await view.look();
  const isDrawn = watch && !json && canRedraw();
  if (watch) {
    using screen = new Screen();
    for (let looks = 0; !seen.isFinished && !signal.aborted; looks++) {
      if (isDrawn) screen.draw(seen);
      else if (looks * LOOK_MS % LINE_MS === 0) print(json ? jsonLine(statusData(seen)) : [statusLine(seen)]);
      await waited(LOOK_MS, signal);
      if (!signal.aborted) seen = await view.look();
    }
  } else if (!seen.isFinished && seen.machines.length > 0) {
    await waited(RATE_MS, signal);
    seen = await view.look();
  }
  if (signal.aborted) return 0; // the exit code is the signal's
  await writeWholeRun(run, { report, failed, signal, say: tell });
  if (report !== "-") print(json ? jsonLine(statusData(seen)) : statusLines(seen, { width: columns() }));
  return seen.totals.failed > 0 ? 1 : 0;
}

/** Draws a run where it was drawn before. */
class Screen implements Disposable {
  #lines = 0;

  draw(run: WholeRun): void {
    const lines = statusLines(run, { width: columns() }).slice(0, rows());
    this.#write(`${this.#back()}${lines.join("\n")}`);
    this.#lines = lines.length;
  }

  /** Wipes it away. */
  [Symbol.dispose](): void {
    if (this.#lines > 0) this.#write(this.#back());
    this.#lines = 0;
  }

  /** To the start of what was drawn, and clears it: CUU, ED of ECMA-48. */
  #back(): string {
    return this.#lines === 0 ? "" : `\r${this.#lines > 1 ? `\x1b[${this.#lines - 1}A` : ""}\x1b[J`;
  }

  #write(text: string): void {
    try {
      Deno.stdout.writeSync(new TextEncoder().encode(text));
    } catch {
      // The terminal has been closed: the next look ends with the hangup
    }
  }
}

function canRedraw(): boolean {
  return Deno.stdout.isTerminal() && variable("TERM") !== "dumb";
}

/** Columns to write in: the last one stays free, since a full line breaks on some terminals. */
function columns(): number | undefined {
  const width = consoleSize()?.columns;
  return width === undefined ? undefined : Math.max(width - 1, 20);
}

function rows(): number {
  return Math.max((consoleSize()?.rows ?? 24) - 1, 1);
}

function consoleSize(): { columns: number; rows: number } | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  try {
    const size = Deno.consoleSize();
    return size.columns > 0 ? size : undefined;
  } catch {
    return undefined; // the terminal has been closed
  }
}

/** Waits, at most until the signal. */
function waited(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, ms);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end);
  return promise;
}
