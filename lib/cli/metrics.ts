/**
 * The metrics of a run, from `--metrics-port`. Loaded only with that flag.
 *
 * @module
 */

import { makeConnectionCounts } from "../core/connection_counts.ts";
import { UsageError } from "../core/errors.ts";
import { makeFlow } from "../core/flow.ts";
import { formatSeconds } from "../core/format_seconds.ts";
import { MetricRegistry } from "../core/metric_registry.ts";
import { type EndpointOptions, MetricsEndpoint } from "../metrics/prometheus/endpoint.ts";
import { type RunCounters, runMetrics } from "../metrics/prometheus/run_metrics.ts";

/** What the command line says about metrics. */
export interface MetricsOptions extends EndpointOptions {
  /** Milliseconds to wait after the run until its totals have been fetched, at most. */
  lingerMs: number;
}

/** Metrics that are served. */
export class ServedMetrics implements AsyncDisposable {
  /** Where whoever has further metrics adds them. */
  readonly registry: MetricRegistry = new MetricRegistry();
  readonly #options: MetricsOptions;
  readonly #endpoint: MetricsEndpoint;

  /**
   * Listens.
   *
   * @param options Where.
   * @throws {UsageError} If that isn't possible.
   */
  constructor(options: MetricsOptions) {
    this.#options = options;
    try {
      this.#endpoint = new MetricsEndpoint(this.registry, options);
    } catch (cause) {
      throw new UsageError(whyNot(cause, options), { cause });
    }
  }

  /** Where they are. */
  get url(): string {
    return this.#endpoint.url;
  }

  /**
   * Serves the metrics of a run, which is about to begin.
   *
   * @param counters Where its numbers are.
   * @param ownConnections Whether its connections can be counted.
   */
  watch(counters: RunCounters, ownConnections = false): void {
    counters.meter.flow ??= makeFlow();
    if (ownConnections) counters.meter.connections ??= makeConnectionCounts();
    this.registry.add(runMetrics(counters));
  }

  /**
   * Waits until the totals have been fetched.
   *
   * @param signal Ends the wait.
   * @param say Called with a line that says what is waited for.
   */
  async linger(signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const { lingerMs } = this.#options;
    if (lingerMs === 0 || signal.aborted) return;
    say(
      `metrics: waiting until the totals have been fetched from ${this.url}, ${
        formatSeconds(lingerMs / 1_000)
      } at most`,
    );
    await this.#endpoint.fetched(lingerMs, signal);
  }

  /** Stops listening. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoint[Symbol.asyncDispose]();
  }
}

function whyNot(cause: unknown, { hostname, port }: MetricsOptions): string {
  const place = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  const tried = `can't serve metrics on ${place}`;
  if (cause instanceof Deno.errors.AddrInUse) {
    return `${tried}, something else listens there: choose another port with --metrics-port (0: any)`;
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return `${tried}, which isn't an address of this machine: choose another with --metrics-host`;
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return `${tried}: not permitted; ports below 1024 are often reserved, choose one with --metrics-port`;
  }
  return `${tried}: ${cause instanceof Error ? cause.message : cause}`;
}
