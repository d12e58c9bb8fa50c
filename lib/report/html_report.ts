/**
 * What strategies came to, as a web page in one file: charts, the same figures as tables, and under what conditions they
 * were measured. It asks nobody for anything, so it can be mailed, archived and opened offline.
 *
 * @module
 */

import { html, raw } from "hono/html";
import { cpuChart, failureChart, latencyChart, memoryChart, timeChart } from "./charts.ts";
import { inFlightChart, waterfallChart } from "./charts_over_time.ts";
import type { Condition } from "./conditions.ts";
import { details, figure, type Html, table } from "./html_parts.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { themeCss } from "../core/palette.ts";
import css from "./html_report.css" with { type: "text" };
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
}

/** Rows of a table that has a figure for each moment: as many as a person reads. */
const MOMENTS = 12;

/**
 * Makes the page.
 *
 * @param data What it reports.
 * @returns A whole HTML document.
 */
export async function htmlReport(data: ReportData): Promise<string> {
  const { title, results, conditions, oneProcess = false } = data;
  const runs = results.map(({ summary }) => summary);
  const page = await html`
    <!doctype html>
    <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,">
      <title>${title}</title>
      <style>${raw(themeCss() + css)}</style>
      <header>
        <h1>${title}</h1>
        <p>${verdict(runs)}</p>
      </header>
      <main>
        <section>
          <h2>Results</h2>
          ${resultsTable(results, oneProcess)}
        </section>
        ${whatHappenedWhen(runs)}
        <div class="charts">
          ${[time(runs), latency(runs), inFlight(runs), failures(runs)]}
          ${oneProcess ? [] : [memory(runs), computing(runs)]}
        </div>
        <section>
          <h2>Conditions</h2>
          <dl>${conditions.map(condition)}</dl>
        </section>
      </main>
    </html>
  `;
  return printableText(page.toString().trimStart());
}

function condition([name, value]: Condition): Html {
  return html`
    <div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>
  `;
}

/** The one sentence to take away. */
function verdict(runs: readonly Recorded[]): string {
  const factors = timesFaster(runs);
  const best = runs.reduce((best, run, i) => pagesPerSecond(run) > pagesPerSecond(runs[best]) ? i : best, 0);
  const run = runs[best];
  if (!run || run.done === 0) return "No page was downloaded.";
  const factor = factors[best];
  const speed = `${run.strategy} downloaded ${formatCount(run.done)} pages in ${formatSeconds(run.seconds)}`;
  if (runs.length < 2 || factor === undefined) return `${speed}, ${formatCount(pagesPerSecond(run))} per second.`;
  return `${speed}, ${formatCount(factor)} times as many per second as simple.`;
}

function resultsTable(results: ReportData["results"], oneProcess: boolean): Html {
  const factors = timesFaster(results.map(({ summary }) => summary));
  const head = ["Strategy", "Idea", "Pages", "Failed", "Time", "Pages per second", "Times faster", "Most in flight"];
  if (!oneProcess) head.push("Peak memory", "CPU time");
  return table(
    head,
    results.map(({ about, summary: run }, i) => [
      run.strategy,
      about,
      run.done === run.asked ? formatCount(run.asked) : `${formatCount(run.done)} of ${formatCount(run.asked)}`,
      formatCount(run.failed),
      formatSeconds(run.seconds),
      formatCount(pagesPerSecond(run)),
      factors[i] === undefined ? "-" : formatCount(factors[i]),
      formatCount(run.peakInFlight),
      ...(oneProcess ? [] : [`${formatCount(run.peakMemoryBytes / 1e6)} MB`, cpuTime(run)]),
    ]),
  );
}

function cpuTime({ cpuSeconds }: Recorded): string {
  return cpuSeconds === undefined ? "-" : formatSeconds(cpuSeconds);
}

function whatHappenedWhen(runs: readonly Recorded[]): Html {
  const seconds = Math.max(...runs.map((run) => run.seconds), 0.001);
  const head = ["Strategy", "Requests", "Most at once", "Last one ended after"];
  const rows = runs.map((run) => [
    run.strategy,
    formatCount(run.requests),
    formatCount(run.peakInFlight),
    formatSeconds(run.seconds),
  ]);
  return html`<section>
<h2>What happened when</h2>
<p>Each bar is a request, from the moment it was sent until its answer had arrived. Requests above each other were on their
way at the same time. All drawings have the same time axis.</p>
<div class="charts">
${
    runs.map((run) =>
      html`
        <figure>
        <figcaption><h3>${run.strategy}</h3><p>${laneNote(run)}</p></figcaption>
        ${raw(waterfallChart(run, { seconds }))}
        </figure>
      `
    )
  }</div>
${details("What happened when", table(head, rows))}
</section>`;
}

function laneNote({ requests: count, peakInFlight, timeline: { laneStep } }: Recorded): string {
  const requests = `${formatCount(count)} ${count === 1 ? "request" : "requests"}`;
  const lanes = `${requests}, ${
    peakInFlight <= 1 ? "one after another" : `up to ${formatCount(peakInFlight)} at once`
  }`;
  return laneStep === 1 ? `${lanes}.` : `${lanes}; one line in ${laneStep} is shown.`;
}

function time(runs: readonly Recorded[]): Html {
  return figure("Time", "Each step of the axis is ten times the one before.", timeChart(runs));
}

function inFlight(runs: readonly Recorded[]): Html {
  const rows = runs.flatMap(({ strategy, timeline: { inFlight, binMs } }) => {
    const step = Math.max(1, Math.ceil(inFlight.length / MOMENTS));
    return inFlight.map((count, bin) => [strategy, formatSeconds((bin + 0.5) * binMs / 1_000), formatCount(count)])
      .filter((_, bin) => bin % step === 0);
  });
  return figure(
    "Requests in flight",
    "How many requests were on their way at each moment. Each step upwards is a hundred times the one before.",
    inFlightChart(runs),
    table(["Strategy", "At", "In flight"], rows),
  );
}

function latency(runs: readonly Recorded[]): Html {
  const percentiles = runs.find(({ timeline }) => timeline.latency.length > 0)?.timeline.latency.map(([p]) => p) ?? [];
  const rows = runs.map(({ strategy, timeline }) => [
    strategy,
    ...percentiles.map((_, i) => timeline.latency[i] ? formatSeconds(timeline.latency[i][1] / 1_000) : "-"),
  ]);
  const head = ["Strategy", ...percentiles.map((p) => p === 0 ? "Fastest" : p === 100 ? "Slowest" : `${p} %`)];
  return figure(
    "Latency",
    `From the fastest request to the slowest; thick from the 10th to the 90th percentile, a dot for the median, a stroke for
the 99th. Failed requests are left out.`,
    latencyChart(runs),
    table(head, rows),
  );
}

function failures(runs: readonly Recorded[]): Html {
  if (runs.every(({ failed }) => failed === 0)) {
    return figure("Failures", "None: every page that was asked for arrived.");
  }
  const rows = runs.flatMap(({ strategy, failures }) =>
    failures.map((
      { kind, count, example },
    ) => [strategy, `${kind}, for example: ${example.message}`, formatCount(count)])
  );
  return figure(
    "Failures",
    "Pages that could not be had, by the reason.",
    failureChart(runs),
    table(["Strategy", "Reason", "Pages"], rows),
  );
}

function memory(runs: readonly Recorded[]): Html {
  return figure("Memory", "The most memory each strategy's process had.", memoryChart(runs));
}

function computing(runs: readonly Recorded[]): Html | "" {
  if (runs.every(({ cpuSeconds }) => cpuSeconds === undefined)) return "";
  return figure("Computing", "CPU time for a page, in all threads.", cpuChart(runs));
}
