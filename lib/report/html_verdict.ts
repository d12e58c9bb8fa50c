/**
 * The beginning of a report: the one sentence to take away, and up to five large numbers.
 *
 * @module
 */

import { html } from "hono/html";
import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { pagesPerSecond, timesFaster } from "../metrics/speed.ts";
import type { Recorded } from "../metrics/summary.ts";
import { type Fact, facts, type Html } from "./html_parts.ts";
import { skipsText } from "./skips_text.ts";

/** The verdict on runs that downloaded pages, files or URLs. */
export function verdict(runs: readonly Recorded[], things: "pages" | "files" | "URLs"): Html {
  const best = runs.reduce((best, run, i) => pagesPerSecond(run) > pagesPerSecond(runs[best]) ? i : best, 0);
  const run = runs[best];
  const thing = { pages: "page", files: "file", URLs: "URL" }[things];
  if (!run || run.done === 0) {
    const why = run ? skipsText(run).join(", ") : "";
    return html`<p class="verdict">No ${thing} was downloaded${why && `: ${why}`}.</p>${ending(runs)}`;
  }
  if (runs.length > 1) return comparison(runs, best);
  const { done, asked, failed, retries, bytes, seconds, strategy } = run;
  const bad = failed > 0;
  const rate: Fact = [`${things} per second`, formatCount(pagesPerSecond(run))];
  const numbers: Fact[] = things === "pages"
    ? [[things, formatCount(done)], ["time", formatSeconds(seconds)], rate, ["failed", formatCount(failed), bad], [
      "retried",
      formatCount(retries),
    ]]
    : [
      [things, formatCount(done)],
      ...split("downloaded", formatBytes(bytes)),
      ...split(
        "per second",
        formatBytes(bytes / seconds),
      ),
      ["failed", formatCount(failed), bad],
      ["retried", formatCount(retries)],
    ];
  const skips = skipsText(run).map((why) => `; ${why}`).join("");
  const of = done === asked ? "" : ` of ${formatCount(asked)}`;
  return html`
    <p
      class="verdict"><b style="color: var(--${strategy})">${strategy}</b> downloaded ${formatCount(
        done,
      )}${of} ${asked === 1 ? thing : things} in ${formatSeconds(seconds)}, ${formatCount(
        pagesPerSecond(run),
      )} per second${skips}.</p>
    ${facts(numbers)}${ending(runs)}
  `;
}

/** `97.6 MB` as a number under the name of its unit: `MB downloaded`, `97.6`. */
function split(name: string, size: string): Fact[] {
  const [number, unit] = size.split(" ");
  return [[`${unit} ${name}`, number]];
}

function comparison(runs: readonly Recorded[], best: number): Html {
  const run = runs[best];
  const factor = timesFaster(runs)[best];
  const { strategy, done, seconds, connections } = run;
  const others = runs.filter((other) => other.connections !== undefined && other.asked === run.asked);
  const most = others.toSorted((a, b) => (b.connections ?? 0) - (a.connections ?? 0))[0];
  const why = connections !== undefined && most?.connections !== undefined && most.connections > 2 * connections
    ? `, over ${formatCount(connections)} ${
      connections === 1 ? "connection" : "connections"
    } where ${most.strategy} opened ${formatCount(most.connections)}`
    : "";
  const times = factor === undefined || strategy === "simple"
    ? `${formatCount(pagesPerSecond(run))} per second`
    : `${formatCount(factor)} times as many per second as simple`;
  const numbers: Fact[] = [
    ["fastest", strategy],
    ["pages", formatCount(done)],
    ["time", formatSeconds(seconds)],
    ["pages per second", formatCount(pagesPerSecond(run))],
    ...connections === undefined ? [] : [["connections", formatCount(connections)] as Fact],
  ];
  return html`
    <p
      class="verdict"><b style="color: var(--${strategy})">${strategy}</b> downloaded ${formatCount(
        done,
      )} pages in ${formatSeconds(seconds)}, ${times}${why}.</p>
    ${facts(numbers)}${ending(runs)}
  `;
}

/** What ended before its time. */
function ending(runs: readonly Recorded[]): Html | "" {
  const ended = runs.filter(({ interrupted, stopped }) => interrupted || stopped);
  if (ended.length === 0) return "";
  return html`${
    ended.map(({ strategy, stopped, notStarted }) =>
      html`<p class="note">${strategy} ended early, because ${stopped?.why ?? "it was interrupted"}: ${
        formatCount(notStarted)
      } not started.</p>`
    )
  }`;
}
