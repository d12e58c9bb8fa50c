/**
 * What failed, in a report: how many of each kind, the first URLs, and the command that gets them again.
 *
 * @module
 */

import { html } from "hono/html";
import { formatCount } from "../core/format_count.ts";
import type { FailureGroup, Recorded } from "../metrics/summary.ts";
import { type Html, table } from "./html_parts.ts";

/** How to get again what failed. */
export interface Again {
  /** What it does. */
  about: string;
  /** A command line for a shell. */
  command: string;
}

/** The section about failures: by kind, the most frequent first. */
export function failures(runs: readonly Recorded[], again?: Again): Html {
  if (runs.every(({ failed }) => failed === 0)) {
    return html`
      <section>
        <h2>Failures</h2>
        <p>None${runs.every(({ done, asked }) => done === asked) ? ": everything that was asked for arrived" : ""}.</p>
      </section>
    `;
  }
  const isSingle = runs.length === 1;
  return html`<section class="failures">
<h2>Failures</h2>
${isSingle ? "" : overview(runs)}
${runs.map((run) => run.failures.map((group) => kind(run, group, isSingle)))}
${
    again
      ? html`
        <p>${again.about}</p>
        <pre>${again.command}</pre>
      `
      : ""
  }
</section>`;
}

function overview(runs: readonly Recorded[]): Html {
  const kinds = runs.flatMap(({ strategy, failures }) =>
    failures.map(({ kind, count }) => [strategy, kind, { text: formatCount(count), value: count }] as const)
  );
  return table(["Strategy", "Kind", "Failed"], kinds);
}

function kind({ strategy, timeline }: Recorded, { kind, count, example }: FailureGroup, isSingle: boolean): Html {
  const urls = timeline.failedUrls.filter((failed) => failed.kind === kind);
  const shown = urls.length > 0 ? urls : [{ kind, ...example }];
  const which = shown.length < count ? `, of which the first ${formatCount(shown.length)}` : "";
  return html`<h3>${formatCount(count)} × ${kind}${isSingle ? "" : ` with ${strategy}`}${which}</h3>
<ul class="urls">${shown.map(({ url, message }) => html`<li><code>${url}</code> ${message}</li>`)}</ul>`;
}
