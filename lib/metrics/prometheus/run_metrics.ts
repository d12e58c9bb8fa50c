/**
 * The metrics of a run, read from the counters that it keeps anyway.
 *
 * @module
 */

import { readConnectionCounts } from "../../core/connection_counts.ts";
import { readFlow } from "../../core/flow.ts";
import type { Meter } from "../../core/meter.ts";
import type { Collect, Metric, Sample } from "../../core/metric_registry.ts";
import { cpuSeconds } from "../cpu.ts";
import type { Latencies } from "../latencies.ts";
import type { Tally } from "../summary.ts";

/** Seconds up to which downloads are counted: from a page nearby to a file of gigabytes. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** Seconds up to which answers' headers are counted: `--connect-timeout` ends the wait after 30 unless it is told otherwise. */
const FIRST_BYTE_BOUNDS = DURATION_BOUNDS.filter((seconds) => seconds <= 60);

/** Where the numbers of a run are. */
export interface RunCounters {
  /** The strategy's title. */
  strategy: string;
  /** The live counters. */
  meter: Meter;
  /** The outcomes so far. */
  tally: Tally;
  /** How long downloads took that ended well. */
  total: Latencies;
  /** How long it took until responses began. */
  firstByte: Latencies;
}

/**
 * Makes what reads the metrics of a run.
 *
 * @param counters Where they are.
 */
export function runMetrics(counters: RunCounters): Collect {
  const { strategy, meter, tally, total, firstByte } = counters;
  const highest = new Highest();
  return () => [
    gauge("downloads_run_info", "The run that the others are of", [{ labels: { strategy }, value: 1 }]),
    counter("downloads_total", "Downloads that have ended, by result, and by why they failed or were skipped", [
      ...outcomes(tally),
    ]),
    counter("downloads_read_total", "URLs read from the list so far", [{ value: meter.asked }]),
    counter("downloads_retries_total", "Attempts after a first one failed", [
      { value: highest.of("retries", meter.retries) },
    ]),
    counter("downloads_received_bytes_total", "Bytes of bodies that arrived, those of failed attempts included", [
      { value: received(meter) },
    ]),
    gauge("downloads_in_flight", "Downloads that have a request in flight", [{ value: meter.inFlight }]),
    ...waiting(meter),
    ...connections(meter),
    {
      type: "histogram",
      name: "downloads_duration_seconds",
      help: "How long the last attempt of downloads took that ended well",
      samples: [total.distribution(DURATION_BOUNDS)],
    },
    {
      type: "histogram",
      name: "downloads_first_byte_seconds",
      help: "How long it took from the start of an attempt to the headers of its answer",
      samples: [firstByte.distribution(FIRST_BYTE_BOUNDS)],
    },
    ...ofProcess(),
  ];
}

const counter = (name: string, help: string, samples: Sample[]): Metric => ({ type: "counter", name, help, samples });
const gauge = (name: string, help: string, samples: Sample[]): Metric => ({ type: "gauge", name, help, samples });

/** Always those that there may be in any run, so that a rate is known from the first one on. */
function* outcomes({ done, skipped, duplicates, unchanged, unwanted, failures }: Tally): Generator<Sample> {
  yield { labels: { result: "done", kind: "" }, value: done };
  yield { labels: { result: "skipped", kind: "there" }, value: skipped - duplicates - unchanged - unwanted };
  yield { labels: { result: "skipped", kind: "duplicate" }, value: duplicates };
  yield { labels: { result: "skipped", kind: "unchanged" }, value: unchanged };
  yield { labels: { result: "skipped", kind: "unwanted" }, value: unwanted };
  for (const { kind, count } of failures) yield { labels: { result: "failed", kind }, value: count };
}

/** What arrives while it arrives is counted a few times per second, what has ended at once. */
function received({ bytes, flow }: Meter): number {
  return Math.max(bytes, flow === undefined ? 0 : readFlow(flow).bytes);
}

function waiting({ queue }: Meter): Metric[] {
  const { retries, held, hosts, openCircuits } = queue?.() ?? { retries: 0, held: 0, hosts: 0, openCircuits: 0 };
  return [
    gauge(
      "downloads_deferred",
      "Downloads in the queue, for their next attempt or until their host may get a request",
      [
        { labels: { reason: "retry" }, value: retries },
        { labels: { reason: "host" }, value: held },
      ],
    ),
    gauge("downloads_hosts_waiting", "Hosts that downloads wait for", [{ value: hosts }]),
    gauge("downloads_circuit_breakers_open", "Hosts whose circuit breaker isn't closed", [{ value: openCircuits }]),
  ];
}

/** Those of `fetch` can't be counted. */
function connections({ connections }: Meter): Metric[] {
  if (connections === undefined) return [];
  const { busy, idle } = readConnectionCounts(connections);
  return [gauge("downloads_connections", "Connections of our own, in all isolates", [
    { labels: { state: "busy" }, value: busy },
    { labels: { state: "idle" }, value: idle },
  ])];
}

/** By the names that all clients of Prometheus have for them. */
function ofProcess(): Metric[] {
  const cpu = cpuSeconds();
  return [
    ...cpu === undefined ? [] : [counter("process_cpu_seconds_total", "CPU time of the process", [{ value: cpu }])],
    gauge("process_resident_memory_bytes", "Memory of the process in RAM", [{ value: Deno.memoryUsage().rss }]),
    gauge("process_start_time_seconds", "When the process began, since the epoch", [
      { value: performance.timeOrigin / 1_000 },
    ]),
  ];
}

/** Has numbers not fall: what a retry needn't have been counted for is taken back, and a counter that falls has begun again. */
class Highest {
  readonly #values = new Map<string, number>();

  of(name: string, value: number): number {
    const highest = Math.max(value, this.#values.get(name) ?? 0);
    this.#values.set(name, highest);
    return highest;
  }
}
