/**
 * What strategies came to, as a web page in one file: the verdict, what failed, what happened when, what it cost, how long
 * requests took, and under what conditions it was measured. It asks nobody for anything, so it can be mailed, archived and
 * opened offline.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { Condition } from "./conditions.ts";
import { type Again, failures } from "./html_failures.ts";
import { lane, secondsOf } from "./html_lanes.ts";
import { latency } from "./html_latency.ts";
import { type Cell, type Html, table } from "./html_parts.ts";
import { verdict } from "./html_verdict.ts";
import { skipsText } from "./skips_text.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import css from "./html_report.css" with { type: "text" };
import { themeCss } from "../core/palette.ts";
import { printableText } from "../core/printable.ts";
import { pagesPerSecond, timesFaster } from "../metrics/speed.ts";
import type { Recorded } from "../metrics/summary.ts";

/** What a report is made of. */
export interface ReportData {
  /** What it is about, in a line. */
  title: string;
  /** What each strategy came to, with its idea in a few words. */
  results: readonly { about: string; summary: Recorded }[];
  /** Under what conditions that was measured. */
  conditions: readonly Condition[];
  /** Whether all strategies ran in one process, so that memory and CPU can't be told apart. Default: false. */
  oneProcess?: boolean;
  /** What was downloaded: pages of the website, files that were saved, or URLs that were read. Default: `pages`. */
  things?: "pages" | "files" | "URLs";
  /** Milliseconds that the website itself takes for an answer. Default: not known. */
  delayMs?: number;
  /** How to get again what failed. Default: not said. */
  again?: Again;
}

/**
 * Makes the page.
 *
 * @param data What it reports.
 * @returns A whole HTML document.
 */
export async function htmlReport(data: ReportData): Promise<string> {
  const { title, results, conditions, oneProcess = false, things = "pages", delayMs, again } = data;
  const runs = results.map(({ summary }) => summary);
  const delaySeconds = delayMs === undefined ? undefined : delayMs / 1_000;
  const page = await html`
    <!doctype html>
    <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,">
      <title>${title}</title>
      <style>${raw(themeCss() + css)}</style>
      <body class="${runs.length > 1 ? "several" : "single"}">
        <header>
    <h1>${title}</h1>
    ${verdict(runs, things)}
        </header>
        <main>
    ${failures(runs, again)}
    ${whatHappenedWhen(results, delaySeconds)}
    <section>
    <h2>${runs.length > 1 ? "What each of them cost" : "What it cost"}</h2>
    ${costs(results, { oneProcess, things })}
    ${sharedNote(runs)}
    </section>
    ${latency(runs, delaySeconds)}
    <section>
    <h2>Conditions</h2>
    ${definitions(conditions)}
    </section>
        </main>
        </html>
  `;
  return printableText(page.toString());
}

function definitions(all: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl class="definitions">${
    all.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}

function whatHappenedWhen(results: ReportData["results"], delaySeconds?: number): Html {
  const seconds = Math.max(...results.map(({ summary }) => secondsOf(summary)), 0.001);
  const isOne = results.length === 1;
  const delay = delaySeconds === undefined
    ? ""
    : ` The dashed line is the website's own delay, ${formatSeconds(delaySeconds)}: what lies beyond is queueing.`;
  return html`<section>
<h2>What happened when</h2>
<p>Pale while a request waits for the first byte of its answer, solid while the body comes; one that was tried again is drawn
by its last attempt.${isOne ? "" : " All have the same time axis."}${delay}</p>
${results.map((result, i) => lane(result, { seconds, delaySeconds, isLast: i === results.length - 1 }))}
</section>`;
}

/** One row for each strategy; a bar in a cell is as long as its number is beside the largest of its column. */
function costs(results: ReportData["results"], options: { oneProcess: boolean; things: string }): Html {
  const { oneProcess, things } = options;
  const factors = timesFaster(results.map(({ summary }) => summary));
  const columns: [head: string, cell: (run: Recorded, i: number) => Cell][] = [
    [capital(things), ({ done, asked }) => counted(done, done === asked ? "" : ` of ${formatCount(asked)}`)],
    ["Time", ({ seconds }) => ({ text: formatSeconds(seconds), value: seconds })],
    [`${capital(things)} per second`, (run) => counted(pagesPerSecond(run))],
    ...results.length > 1
      ? [
        ["Times faster than simple", (_: Recorded, i: number) => counted(factors[i])] as [
          string,
          (r: Recorded, i: number) => Cell,
        ],
      ]
      : [],
    ["Isolates", ({ isolates }) => counted(isolates)],
    ["Connections", ({ connections }) => counted(connections)],
    ["In flight at most", ({ peakInFlight }) => counted(peakInFlight)],
    ["Failed", ({ failed }) => counted(failed)],
    ["Skipped", skippedCell],
    ["Retried", ({ retries }) => counted(retries)],
    ...oneProcess ? [] : [
      [
        "Peak memory",
        ({ peakMemoryBytes: bytes }: Recorded) => ({ text: `${formatCount(bytes / 1e6)} MB`, value: bytes }),
      ],
      [`CPU per ${things === "pages" ? "page" : things === "files" ? "file" : "URL"}`, cpuEach],
    ] as [string, (run: Recorded) => Cell][],
  ];
  const shown = columns.filter(([, cell]) =>
    results.some(({ summary }, i) => {
      const each = cell(summary, i);
      return typeof each === "string" || each.value !== undefined;
    })
  );
  const [only] = results;
  if (results.length === 1) {
    return definitions(shown.map(([head, cell]) => {
      const value = cell(only.summary, 0);
      return [head, typeof value === "string" ? value : value.text];
    }));
  }
  return table(
    ["Strategy", ...shown.map(([head]) => head)],
    results.map(({ summary }, i) => [summary.strategy, ...shown.map(([, cell]) => cell(summary, i))]),
  );
}

function counted(value: number | undefined, rest = ""): Cell {
  return { text: value === undefined ? "-" : formatCount(value) + rest, value };
}

function skippedCell(run: Recorded): Cell {
  const { skipped } = run;
  if (skipped === 0) return { text: "-", value: undefined };
  return { text: `${formatCount(skipped)}: ${skipsText(run).join(", ")}`, value: skipped };
}

function cpuEach({ cpuSeconds, done }: Recorded): Cell {
  if (cpuSeconds === undefined || done === 0) return { text: "-", value: undefined };
  return { text: formatSeconds(cpuSeconds / done), value: cpuSeconds / done };
}

/** What must be known to read the table right. */
function sharedNote(runs: readonly Recorded[]): Html | "" {
  if (new Set(runs.map(({ asked }) => asked)).size < 2) return "";
  return html`<p class="note">Not all had the same number of pages, so "times faster" compares pages per second.</p>`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
