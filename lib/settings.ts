/**
 * What a strategy can be told, checked once and completed with defaults.
 *
 * @module
 */

import { BACKOFF_MS, CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS, RETRIES, TIMEOUT_MS } from "../constants.ts";
import type { Meter } from "./meter.ts";

/** How to download. Every field may be left out. */
export interface StrategyOptions {
  /** Ends the run: nothing more is started, what is in flight ends as failed with kind `aborted`. Default: none. */
  signal?: AbortSignal;
  /** Requests in flight at most, 1 or more. Default: the strategy's own. */
  concurrency?: number;
  /** Milliseconds one attempt may take as a whole. Default: `TIMEOUT_MS`. */
  timeoutMs?: number;
  /** Milliseconds from the start of an attempt to the response's headers. Default: `CONNECT_TIMEOUT_MS`. */
  connectTimeoutMs?: number;
  /** Milliseconds between two chunks of a body. Default: `IDLE_TIMEOUT_MS`. */
  idleTimeoutMs?: number;
  /** Further attempts after a first one failed for a passing reason, 0 or more. Default: `RETRIES`. */
  retries?: number;
  /** Milliseconds the first retry waits at most; each further one up to twice as long. Default: `BACKOFF_MS`. */
  backoffMs?: number;
  /** Live counters to keep. Default: some that nobody sees. */
  meter?: Meter;
}

/** Options with every number filled in. Plain data, so that it can go to a worker. */
export type Settings = Required<Omit<StrategyOptions, "signal" | "meter">>;

/**
 * Checks options and fills in defaults.
 *
 * @param options What the caller asked for.
 * @param limits Requests in flight if `options` doesn't say, and how many can be asked for (default: no limit).
 * @returns Complete settings.
 * @throws {RangeError} For a number out of its bounds: names the option, the value and the bound.
 */
export function settle(
  options: StrategyOptions,
  limits: { concurrency: number; maxConcurrency?: number },
): Settings {
  const settings = {
    concurrency: options.concurrency ?? limits.concurrency,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    retries: options.retries ?? RETRIES,
    backoffMs: options.backoffMs ?? BACKOFF_MS,
  };
  check("concurrency", settings.concurrency, { min: 1, max: limits.maxConcurrency, whole: true });
  check("timeoutMs", settings.timeoutMs, { min: 1 });
  check("connectTimeoutMs", settings.connectTimeoutMs, { min: 1 });
  check("idleTimeoutMs", settings.idleTimeoutMs, { min: 1 });
  check("retries", settings.retries, { min: 0, whole: true });
  check("backoffMs", settings.backoffMs, { min: 0 });
  return settings;
}

function check(name: string, value: number, bounds: { min: number; max?: number; whole?: boolean }): void {
  const { min, max = Infinity, whole = false } = bounds;
  const isNumber = typeof value === "number"; // JavaScript and JSON may say "5", which compares like 5 and adds up like text
  if (isNumber && value >= min && value <= max && (!whole || Number.isInteger(value))) return;
  const number = whole ? "a whole number" : "a number";
  const range = max === Infinity ? `of at least ${min}` : max === min ? `that is ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`Option ${name} takes ${number} ${range}: it is ${value}`);
}
