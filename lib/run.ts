/**
 * What every script does around its strategy: flags, URLs, the strategy itself, the result, the exit code.
 *
 * @module
 */

import { command } from "./command.ts";
import { loadTimeline } from "./lazy.ts";
import { measure } from "./measure.ts";
import { Meter } from "./meter.ts";
import { readOptions, runHelp } from "./options.ts";
import { print } from "./print.ts";
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
 * line, 3 when the result can't be written, 128 plus the signal's number when a signal ended the run (Ctrl-C: 130).
 */
export function run(strategy: Strategy, args: readonly string[] = Deno.args): Promise<number> {
  return command(`${strategy.title}.ts`, async (signal) => {
    const options = readOptions(strategy, args);
    if (options.help) {
      print(runHelp(strategy));
      return 0;
    }
    const { trials: asked, url, json, html, quiet } = options;
    const writeReport = html === undefined ? undefined : await (await import("./report_file.ts")).prepareReport(html);
    await using website = await findWebsite(url, { say: console.error, signal });
    const timeline = options.timeline || writeReport ? new (await loadTimeline()).Timeline() : undefined;
    const meter = new Meter();
    const progress = showProgress(meter, { asked, quiet });
    const pages = numberedPages(website.url, asked);
    const recorded = await measure(strategy, pages, { ...options.download, asked, meter, signal, timeline })
      .finally(() => progress[Symbol.dispose]());
    const { timeline: record, ...summary } = recorded;
    for (const line of problemLines(summary)) console.error(line);
    print(json ? JSON.stringify(options.timeline ? recorded : summary) : resultLine(summary));
    if (record && writeReport) {
      await writeReport({
        title: `Downloading with ${strategy.title}`,
        results: [{ about: strategy.about, summary: { ...summary, timeline: record } }],
        conditions: [["Command", [`deno run -A ${strategy.title}.ts`, ...args].join(" ")], ["Website", website.url]],
      });
      console.error(`report: ${html}`);
    }
    return summary.failed > 0 ? 1 : 0;
  });
}
