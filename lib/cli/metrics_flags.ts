/**
 * The flags of who watches runs by Prometheus.
 *
 * @module
 */

import { durationFlag, integerFlag, textFlag } from "./flags.ts";

const WATCH = "Metrics";

/** Milliseconds that the metrics stay after a run: Prometheus looks once a minute unless it is told otherwise. */
const LINGER_MS = 60_000;

/** The flags. */
export const METRICS_FLAGS = {
  "metrics-port": integerFlag({
    group: WATCH,
    about: "serve metrics for Prometheus on this port, at /metrics; 0: any that is free",
    value: "PORT",
    max: 65_535,
  }),
  "metrics-host": textFlag({ group: WATCH, about: "address to serve them on", value: "HOST", default: "127.0.0.1" }),
  "metrics-linger": durationFlag({
    group: WATCH,
    about: "after the run, wait this long at most until the totals have been fetched",
    default: LINGER_MS,
  }),
};
