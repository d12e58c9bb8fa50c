/**
 * What every script does around its strategy: flags, URLs, the strategy itself, the result, the exit code.
 *
 * @module
 */

import { CommandError } from "./command_error.ts";
import { Interrupts } from "./interrupts.ts";
import { measure } from "./measure.ts";
import { Meter } from "./meter.ts";
import { readOptions, runHelp } from "./options.ts";
import { showProgress } from "./progress.ts";
import { problemLines, resultLine } from "./report.ts";
import type { Strategy } from "./strategy.ts";
import { numberedPages } from "./urls.ts";
import { findWebsite } from "./website.ts";

/**
 * Runs a strategy as a command.
 *
 * @param strategy What downloads.
 * @param args The command line. Default: the process's own.
 * @returns The exit code: 0 when everything was downloaded, 1 when something failed, 2 for a mistake in the command
 * line, 128 plus the signal's number when a signal ended the run (Ctrl-C: 130).
 */
export async function run(strategy: Strategy, args: readonly string[] = Deno.args): Promise<number> {
  using interrupts = new Interrupts();
  try {
    const { help, trials: asked, url, json, quiet, download } = readOptions(strategy, args);
    if (help) {
      console.log(runHelp(strategy));
      return 0;
    }
    await using website = await findWebsite(url, console.error);
    const meter = new Meter();
    const { signal } = interrupts;
    const progress = showProgress(meter, { asked, quiet });
    const summary = await measure(strategy, numberedPages(website.url, asked), { ...download, asked, meter, signal })
      .finally(() => progress[Symbol.dispose]());
    console.log(json ? JSON.stringify(summary) : resultLine(summary));
    for (const line of problemLines(summary)) console.error(line);
    return interrupts.code ?? (summary.failed > 0 ? 1 : 0);
  } catch (error) {
    if (interrupts.code !== undefined) return interrupts.code;
    if (!(error instanceof CommandError)) throw error;
    console.error(`${strategy.title}.ts: ${error.message}`);
    return error.exitCode;
  }
}
