/**
 * How long requests took, in a report: a strip for each strategy; of a single run, a histogram and how it was over time.
 *
 * @module
 */

import { html } from "hono/html";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import type { Recorded } from "../metrics/summary.ts";
import { secondsOf } from "./html_lanes.ts";
import { at, type Axis, chart, round, timeAxis } from "./html_chart.ts";
import { type Html, table } from "./html_parts.ts";

const STRIP_HEIGHT = 26;
const CHART_HEIGHT = 150;

/** Those that fit beside each other. */
const SHOWN_PERCENTILES = new Set([0, 10, 50, 90, 99, 99.9, 100]);

/** The section about latency; with the website's own delay, if that is known. */
export function latency(runs: readonly Recorded[], delaySeconds?: number): Html {
  const some = runs.filter(({ timeline }) => timeline.latency.length > 0);
  if (some.length === 0) {
    return html`
      <section>
        <h2>Latency</h2>
        <p>No request ended well.</p>
      </section>
    `;
  }
  const delay = delaySeconds === undefined
    ? ""
    : ` Dashed: the website's own delay, ${formatSeconds(delaySeconds)}; what lies beyond is queueing.`;
  const about = "Time from a request to the end of its answer. Failed requests are left out.";
  return html`<section>
<h2>Latency</h2>
<p>${about}${delay}</p>
${runs.length === 1 ? single(some[0], delaySeconds) : strips(some, delaySeconds)}
${percentiles(some)}
</section>`;
}

function strips(runs: readonly Recorded[], delaySeconds?: number): Html {
  const to = Math.max(...runs.map(({ timeline }) => timeline.latency.at(-1)?.[1] ?? 0));
  const x = timeAxis("latency, linear", { to });
  return html`<p class="panel">From the fastest request to the slowest, thick from the 10th to the 90th percentile, a dot at the
median, a stroke at the 99th</p>
${
    runs.map((run, i) =>
      html`<div class="strip" style="--c: var(--${run.strategy})"><h3>${run.strategy}</h3>${
        chart({
          label: `Latency of ${run.strategy}: ${described(run)}`,
          height: STRIP_HEIGHT,
          shapes: drawStrip(run, x),
          x,
          delay: delaySeconds === undefined ? undefined : delaySeconds * 1_000,
          axisClass: i === runs.length - 1 ? "" : "axis-below",
        })
      }</div>`
    )
  }`;
}

function drawStrip({ timeline }: Recorded, x: Axis): string {
  const where = new Map(timeline.latency.map(([percentile, ms]) => [percentile, at(ms, x)]));
  const [least, p10, p50, p90, p99, most] = [0, 10, 50, 90, 99, 100].map((percentile) => where.get(percentile) ?? 0);
  const y = STRIP_HEIGHT / 2;
  return `<path class="range" d="M${least} ${y}H${most}"/><path class="usual" d="M${p10} ${y}H${
    round(Math.max(p90, p10 + 0.1))
  }"/>` +
    `<path class="p99" d="M${p99} 4V${STRIP_HEIGHT - 4}"/><path class="median" d="M${p50} ${y}h0.01"/>`;
}

function single(run: Recorded, delaySeconds?: number): Html {
  const delay = delaySeconds === undefined ? undefined : delaySeconds * 1_000;
  return html`<div class="pair" style="--c: var(--${run.strategy})">${histogram(run, delay)}${
    overTime(run, delay)
  }</div>`;
}

function histogram(run: Recorded, delay?: number): Html {
  const { edgesMs, counts } = run.timeline.histogram;
  const from = Math.min(edgesMs[0], delay ?? Infinity);
  const x = timeAxis("latency, linear", { from, to: edgesMs[edgesMs.length - 1] });
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, i) => {
    const [from, to] = [at(edgesMs[i], x), at(edgesMs[i + 1], x)];
    const height = round(CHART_HEIGHT * count / most);
    return count === 0
      ? ""
      : `<rect class="body" x="${round(from)}" y="${round(CHART_HEIGHT - height)}" width="${
        round(to - from - 2)
      }" height="${height}"/>`;
  });
  return html`<figure><figcaption class="panel">Requests by latency, linear</figcaption>${
    chart({
      label: `Requests by latency: ${described(run)}`,
      height: CHART_HEIGHT,
      shapes: bars.join(""),
      ...{ x, y: { name: "requests", to: most, format: formatCount }, delay },
    })
  }</figure>`;
}

/** Dots are requests, the line is their mean. */
function overTime(run: Recorded, delay?: number): Html {
  const { requests, meanMs, binMs, count } = run.timeline;
  const good = requests.filter(([, , , failed]) => !failed);
  const to = Math.max(delay ?? 0, ...good.map(([start, , end]) => end - start), ...meanMs.map((ms) => ms ?? 0)) * 1.05;
  const x = timeAxis("time since the start when it ended, linear", { to: secondsOf(run) * 1_000 });
  const y = timeAxis("", { to });
  const up = (ms: number) => round(CHART_HEIGHT * (1 - ms / to));
  const dots = good.map(([start, , end]) => `M${at(Math.min(end, x.to), x)} ${up(end - start)}h0.01`);
  let isDrawing = false;
  const line = meanMs.map((ms, bin) => {
    if (ms === null) return "";
    const point = `${at(Math.min((bin + 0.5) * binMs, x.to), x)} ${up(ms)}`;
    const command = `${isDrawing ? "L" : "M"}${point}`;
    isDrawing = true;
    return command;
  });
  const ruled = delay === undefined ? "" : `<path class="delay" d="M0 ${up(delay)}H1000"/>`;
  const which = count > requests.length ? `${formatCount(requests.length)} samples` : "requests";
  return html`<figure><figcaption class="panel">Latency over time, linear: dots are ${which}, the line is the mean</figcaption>${
    chart({
      label: `Latency over time: ${described(run)}`,
      height: CHART_HEIGHT,
      shapes: `<path class="dots" d="${dots.join("")}"/><path class="mean" d="${line.join("")}"/>${ruled}`,
      ...{ x, y },
    })
  }</figure>`;
}

function described({ timeline }: Recorded): string {
  const names: Record<number, string> = { 0: "fastest", 50: "median", 99: "99th percentile", 100: "slowest" };
  return timeline.latency.filter(([percentile]) => percentile in names)
    .map(([percentile, ms]) => `${names[percentile]} ${formatSeconds(ms / 1_000)}`).join(", ");
}

function percentiles(runs: readonly Recorded[]): Html {
  const shown = ([percentile]: [number, number]) => SHOWN_PERCENTILES.has(percentile);
  const head = runs[0].timeline.latency.filter(shown).map(([p]) =>
    p === 0 ? "Fastest" : p === 100 ? "Slowest" : `${p}\u00a0%`
  );
  return table(
    ["Strategy", ...head],
    runs.map((
      { strategy, timeline },
    ) => [strategy, ...timeline.latency.filter(shown).map(([, ms]) => formatSeconds(ms / 1_000))]),
  );
}
