/**
 * What happened when, in a report: a lane for each strategy, all on one time axis, and beside each what it is made of.
 *
 * Up to `MAX_DRAWN` requests have a row each. Of more, bands say how many were in flight and ended, and rows are of a sample:
 * no bar ever stands for several requests. Failures have a row of their own, with a stroke for each.
 *
 * @module
 */

import { html, raw } from "hono/html";
import { formatCount } from "../core/format_count.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import type { DrawnRequest } from "../metrics/request_sample.ts";
import type { Recorded } from "../metrics/summary.ts";
import { ANATOMY, drawAnatomy } from "./anatomy.ts";
import { at, type Axis, chart, round, timeAxis } from "./html_chart.ts";
import type { Html } from "./html_parts.ts";

/** What the lanes have in common. */
export interface LaneOptions {
  /** Seconds that the time axis is long. */
  seconds: number;
  /** Seconds that the website itself takes for an answer. Default: not known. */
  delaySeconds?: number;
  /** Whether it is the last of several, which has the axis for those above it. */
  isLast: boolean;
}

const BAND_HEIGHT = 96;
const ENDED_HEIGHT = 36;
const FAILURE_HEIGHT = 14;

/** One strategy. */
export function lane({ about, summary: run }: { about: string; summary: Recorded }, options: LaneOptions): Html {
  const x = timeAxis("time since the start, linear", { to: options.seconds * 1_000 });
  const delay = options.delaySeconds === undefined ? undefined : options.delaySeconds * 1_000;
  const { count, requests } = run.timeline;
  const panels = count > requests.length ? [...bands(run, x, delay), sample(run, x, delay)] : [rows(run, x, delay)];
  if (run.failed > 0) panels.push(failureRow(run, x, delay));
  return html`
    <article class="lane${options.isLast ? " last-lane" : ""}" style="--c: var(--${run.strategy})">
      <div class="who"><h3>${run.strategy}</h3><p>${about}</p>${anatomy(run)}</div>
      <div class="when">${panels}</div>
    </article>
  `;
}

/** The drawing and the three numbers below it. */
function anatomy({ isolates = 1, connections, peakInFlight }: Recorded): Html {
  const parts: [string, string][] = [
    [formatCount(isolates), isolates === 1 ? "isolate" : "isolates"],
    [connections === undefined ? "?" : formatCount(connections), connections === 1 ? "connection" : "connections"],
    [formatCount(peakInFlight), "at once"],
  ];
  const drawing = drawAnatomy({ isolates, connections, inFlight: peakInFlight });
  const { width, height } = ANATOMY;
  return html`${
    raw(
      `<svg class="anatomy" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">${drawing}</svg>`,
    )
  }<dl class="parts">${
    parts.map(([number, name]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${number}</dd>
        </div>
      `
    )
  }</dl>`;
}

function rows(run: Recorded, x: Axis, delay?: number): Html {
  const { requests } = run.timeline;
  const what = requests.length === 1 ? "1 request" : `${formatCount(requests.length)} requests, a row each`;
  return panel(`${what}, ended after ${formatSeconds(run.seconds)}`, drawRows(run, requests, x, delay));
}

/** Seconds that a time axis must be long. What is measured in other isolates ends a moment later than the run. */
export function secondsOf({ seconds, timeline: { requests, failures, ended, binMs } }: Recorded): number {
  const last = Math.max(0, ...requests.map(([, , end]) => end), ...failures) / 1_000;
  return Math.max(seconds, last, (ended.length - 1) * binMs / 1_000, 0.001);
}

function sample(run: Recorded, x: Axis, delay?: number): Html {
  const { requests, count } = run.timeline;
  const what = `${formatCount(requests.length)} samples of the ${
    formatCount(count)
  } requests, drawn by lot, a row each`;
  return panel(what, drawRows(run, requests, x, delay));
}

function drawRows(run: Recorded, requests: readonly DrawnRequest[], x: Axis, delay?: number): Html {
  const pitch = Math.max(2, Math.min(6, Math.floor(144 / Math.max(1, requests.length))));
  const height = Math.max(1, requests.length) * pitch;
  const shapes = requests.map((request, i) => drawRequest(request, i * pitch, pitch - (pitch > 2 ? 1 : 0.4), x)).join(
    "",
  );
  const label = `Requests of ${run.strategy} over time: ${formatCount(run.timeline.count)}, up to ${
    formatCount(run.peakInFlight)
  } at once, the last one ended after ${formatSeconds(run.seconds)}`;
  return chart({ label, height, shapes, x, delay, axisClass: "axis-here" });
}

/** Pale until its answer begins, solid while the body comes, which for a small body is a stroke. */
function drawRequest([start, begun, end, failed]: DrawnRequest, y: number, height: number, x: Axis): string {
  const [from, first, to] = [at(start, x), at(begun ?? end, x), at(end, x)];
  const wait = `<rect class="wait" x="${from}" y="${round(y)}" width="${
    round(Math.max(first - from, 0.5))
  }" height="${height}"/>`;
  const body = begun === null
    ? ""
    : `<rect class="body" x="${first}" y="${round(y)}" width="${
      round(Math.max(to - first, 0.1))
    }" height="${height}"/>`;
  return `<g class="request${failed ? " failed" : ""}">${wait}${body}</g>`;
}

/** How many were in flight, waiting and not; how many ended and failed. */
function bands(run: Recorded, x: Axis, delay?: number): Html[] {
  const { binMs, inFlight, waiting, ended, failed, count } = run.timeline;
  const most = Math.max(1, ...inFlight);
  const mostEnded = Math.max(1, ...ended);
  const y = { name: "", to: most, format: formatCount };
  const step = (values: readonly number[], height: number, to: number) =>
    `M0 ${height}${
      values.map((value, bin) => `V${round(height * (1 - value / to))}H${at(Math.min((bin + 1) * binMs, x.to), x)}`)
        .join("")
    }V${height}Z`;
  const receiving = inFlight.map((all, bin) => Math.max(0, all - waiting[bin]));
  return [
    panel(
      `${formatCount(count)} requests, ended after ${formatSeconds(run.seconds)}. In flight, linear`,
      chart({
        label: `Requests of ${run.strategy} in flight over time: up to ${formatCount(run.peakInFlight)}, of ${
          formatCount(count)
        }`,
        height: BAND_HEIGHT,
        shapes: `<path class="wait" d="${step(inFlight, BAND_HEIGHT, most)}"/><path class="body" d="${
          step(receiving, BAND_HEIGHT, most)
        }"/>`,
        ...{ x, y, delay, axisClass: "axis-here" },
      }),
    ),
    panel(
      `Ended in each ${formatSeconds(binMs / 1_000)}, linear`,
      chart({
        label: `Requests of ${run.strategy} that ended over time: up to ${formatCount(mostEnded)} in ${
          formatSeconds(binMs / 1_000)
        }`,
        height: ENDED_HEIGHT,
        shapes: `<path class="body" d="${step(ended, ENDED_HEIGHT, mostEnded)}"/><path class="failed" d="${
          step(failed, ENDED_HEIGHT, mostEnded)
        }"/>`,
        ...{ x, y: { ...y, to: mostEnded }, delay, axisClass: "axis-here" },
      }),
    ),
  ];
}

/** A stroke for each failure when it ended, two pixels wide at every width. */
function failureRow(run: Recorded, x: Axis, delay?: number): Html {
  const { failures, failed, binMs } = run.timeline;
  const sent = failed.reduce((sum, count) => sum + count, 0);
  const isAll = failures.length === sent;
  // Where there are more than are noted one by one, a stroke stands in every bin that has one
  const times = isAll ? failures : failed.flatMap((count, bin) => count > 0 ? [(bin + 0.5) * binMs] : []);
  const shapes = times.map((time) => `<path class="failure" d="M${at(time, x)} 0V${FAILURE_HEIGHT}"/>`).join("");
  const each = isAll ? "a stroke each" : `a stroke in every ${formatSeconds(binMs / 1_000)} that has one`;
  const unsent = run.failed - sent;
  const rest = unsent > 0 ? `; ${formatCount(unsent)} more were never sent` : "";
  const what = `${formatCount(sent)} failed, ${each}${rest}`;
  return panel(
    what,
    chart({ label: `Failures of ${run.strategy} over time: ${what}`, height: FAILURE_HEIGHT, shapes, x, delay }),
  );
}

function panel(name: string, drawing: Html): Html {
  return html`<p class="panel">${name}</p>${drawing}`;
}
