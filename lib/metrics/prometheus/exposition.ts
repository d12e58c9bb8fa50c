/**
 * Metrics as text, as Prometheus reads it: its own format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), or OpenMetrics 1.0
 * (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).
 *
 * @module
 */

import type { Distribution, Metric, Sample } from "../../core/metric_registry.ts";

/** How metrics are written. */
export type Format = "text" | "openmetrics";

/** The types of content that go with the formats. */
export const CONTENT_TYPE: Readonly<Record<Format, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const UNIT = /_(seconds|bytes)(_total)?$/;

/**
 * Writes metrics.
 *
 * @param metrics The metrics.
 * @param format How.
 * @returns Lines, each with its end.
 * @throws {Error} If Prometheus would not take them: a bug of who registered them.
 */
export function exposition(metrics: Iterable<Metric>, format: Format): string {
  const names = new Set<string>();
  const lines: string[] = [];
  for (const metric of metrics) {
    const name = familyName(metric, format);
    for (const each of namesOf(metric)) {
      if (names.has(each)) throw new Error(`Two metrics give the name ${each}: rename ${metric.name}`);
      names.add(each);
    }
    // OpenMetrics wants TYPE and UNIT before HELP; the other format takes any order
    lines.push(`# TYPE ${name} ${metric.type}`);
    const unit = format === "openmetrics" ? UNIT.exec(metric.name)?.[1] : undefined;
    if (unit !== undefined) lines.push(`# UNIT ${name} ${unit}`);
    lines.push(`# HELP ${name} ${escapedHelp(metric.help, format)}`);
    const seen = new Set<string>();
    for (const sample of metric.samples) {
      const written = metric.type === "histogram"
        ? distributionLines(metric.name, sample as Distribution)
        : [sampleLine(metric.name, sample as Sample)];
      const key = written[0].slice(0, written[0].lastIndexOf(" "));
      if (seen.has(key)) throw new Error(`Metric ${metric.name} has two samples with the same labels: ${key}`);
      seen.add(key);
      if (metric.type === "counter") checkCounter(metric.name, sample as Sample);
      lines.push(...written);
    }
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}

/** What its lines are headed by: in OpenMetrics, `_total` belongs to a counter's samples only. */
function familyName({ name, type }: Metric, format: Format): string {
  if (!NAME.test(name)) throw new Error(`Metric ${JSON.stringify(name)} has a name that Prometheus doesn't take`);
  if (type === "counter" !== name.endsWith("_total")) {
    throw new Error(`Metric ${name} is a ${type}: names of counters end in _total, and no other's do`);
  }
  return type === "counter" && format === "openmetrics" ? name.slice(0, -"_total".length) : name;
}

/** All names that a metric takes up in either format. */
function namesOf({ name, type }: Metric): string[] {
  if (type === "counter") return [name, name.slice(0, -"_total".length)];
  return type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

function sampleLine(name: string, { labels, value }: Sample): string {
  return `${name}${labelText(name, labels)} ${numberText(value)}`;
}

function distributionLines(name: string, { labels, buckets, count, sum }: Distribution): string[] {
  if (labels && "le" in labels) throw new Error(`Metric ${name} is a histogram: it can't have a label le of its own`);
  let [bound, before] = [-Infinity, 0];
  for (const [each, atMost] of buckets) {
    if (!(each > bound) || each === Infinity || !(atMost >= before) || !(atMost <= count)) {
      throw new Error(`Metric ${name} has buckets that don't grow: ${JSON.stringify(buckets)}, ${count} in all`);
    }
    [bound, before] = [each, atMost];
  }
  const text = labelText(name, labels);
  return [
    ...[...buckets, [Infinity, count] as const].map(([bound, atMost]) =>
      `${name}_bucket${labelText(name, { ...labels, le: boundText(bound) })} ${numberText(atMost)}`
    ),
    `${name}_sum${text} ${numberText(sum)}`,
    `${name}_count${text} ${numberText(count)}`,
  ];
}

function checkCounter(name: string, { value }: Sample): void {
  if (!(value >= 0)) throw new Error(`Metric ${name} is a counter: it can't be ${value}`);
}

function labelText(name: string, labels: Sample["labels"] = {}): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    if (!LABEL.test(label)) throw new Error(`Metric ${name} has a label that Prometheus doesn't take: ${label}`);
    return `${label}="${escaped(value)}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** In the older format, a quotation mark in a help text is not escaped. */
function escapedHelp(text: string, format: Format): string {
  return format === "openmetrics" ? escaped(text) : escaped(text).replaceAll('\\"', '"');
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}

/** As OpenMetrics has it, whose `1.0` would be another series than the `1` of the other format: the same in both. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : numberText(bound);
}
