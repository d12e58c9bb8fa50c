/**
 * Charts of a report: shapes are SVG that is stretched to the width there is, text is HTML beside and below it, which so has
 * the size of the text around it at every width.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { Html } from "./html_parts.ts";

/** Units that a chart is wide; pixels don't matter to what is stretched. */
export const UNITS = 1_000;

/** Pixels below which an axis has marks only at its ends. */
const SMALL = 60;

/** An axis that begins at `from` and has marks at round values. */
export interface Axis {
  /** What it measures, its unit and whether it is linear, below or above the chart. */
  name: string;
  /** Where it begins. Default: 0. */
  from?: number;
  /** Where it ends. */
  to: number;
  /** Writes a value. */
  format: (value: number) => string;
}

/** What a chart is drawn from. */
export interface Chart {
  /** What it shows, for those who don't see it. */
  label: string;
  /** How high it is in pixels. */
  height: number;
  /** What is drawn, `UNITS` wide and `height` high. */
  shapes: string;
  /** The axis below. Default: no marks. */
  x: Axis;
  /** The axis on the left. Default: none. */
  y?: Axis;
  /** A value of `x` where a dashed line stands. Default: none. */
  delay?: number;
  /** A class for the axis below, so that a page can show it once for several charts. Default: none. */
  axisClass?: string;
}

/** A chart with its axes. */
export function chart({ label, height, shapes, x, y, delay, axisClass = "" }: Chart): Html {
  const across = marks(x, 10);
  const up = y === undefined ? [] : height < SMALL ? ends(y) : marks(y, 3);
  const grid = [
    ...across.map(({ part }) => `M${scaled(part)} 0V${height}`),
    ...up.map(({ part }) => `M0 ${round(height * (1 - part))}H${UNITS}`),
  ];
  const dashed = delay !== undefined && delay <= x.to ? `<path class="delay" d="M${at(delay, x)} 0V${height}"/>` : "";
  return html`<div class="chart">
<div class="y" aria-hidden="true">${
    up.map(({ part, text }) => raw(`<span style="bottom:${percent(part)}">${text}</span>`))
  }</div>
${
    raw(
      `<svg class="plot" viewBox="0 0 ${UNITS} ${height}" height="${height}" preserveAspectRatio="none" role="img" aria-label="${
        escapeAttribute(label)
      }"><path class="grid" d="${grid.join("")}"/>${shapes}${dashed}</svg>`,
    )
  }
<div class="x ${axisClass}" aria-hidden="true">${
    across.map(({ part, text }, i) =>
      raw(
        `<span class="${i % 2 === 1 ? "odd" : ""}${part > 0.96 ? " last" : ""}" style="left:${
          percent(part)
        }">${text}</span>`,
      )
    )
  }<em>${x.name}</em></div>
</div>`;
}

/** What a small chart has room for. */
function ends({ from = 0, to, format }: Axis): { part: number; text: string }[] {
  return [{ part: 0, text: format(from) }, { part: 1, text: format(to) }];
}

/** Where a value is on an axis across, in the chart's units. */
export function at(value: number, { from = 0, to }: Axis): number {
  return scaled((value - from) / (to - from || 1));
}

/** An axis of milliseconds, all of whose marks have the same unit. */
export function timeAxis(name: string, { from = 0, to }: { from?: number; to: number }): Axis {
  const inSeconds = (ms: number) => `${Number((ms / 1_000).toPrecision(6))} s`;
  const inMs = (ms: number) => `${Number(ms.toPrecision(6))} ms`;
  return { name, from, to, format: to >= 1_000 ? inSeconds : inMs };
}

/** Round values, at most so many. */
export function marks({ from = 0, to, format }: Axis, most: number): { part: number; text: string }[] {
  const step = roundStep((to - from) / most);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const value = (first + i) * step;
    return { part: (value - from) / (to - from), text: format(Number(value.toPrecision(12))) };
  });
}

/** The least of 1, 2, 5, 10, 20, ... that isn't less. */
export function roundStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** Tenths of a unit are finer than any screen. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function scaled(part: number): number {
  return round(part * UNITS);
}

function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
