/**
 * The flags that all four scripts have, and what they mean for a strategy.
 *
 * @module
 */

import { CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS, RETRIES, TIMEOUT_MS, TRIALS } from "../constants.ts";
import { DEFAULT_URL } from "./website.ts";
import { durationFlag, type FlagValues, HELP, integerFlag, switchFlag, urlFlag } from "./flags.ts";
import type { StrategyOptions } from "./settings.ts";
import type { Strategy } from "./strategy.ts";

const WHAT = "What to download";
const HOW = "How";
const SHOW = "What to show";

/**
 * The flags of a script.
 *
 * @param strategy What the script downloads with; bounds `--concurrency`.
 * @returns The flags, the same for all four but for that.
 */
export function runFlags(strategy: Pick<Strategy, "concurrency" | "maxConcurrency">) {
  return {
    trials: integerFlag({ group: WHAT, about: "pages to download: /0 to /N-1", default: TRIALS }),
    url: urlFlag({
      group: WHAT,
      about: "website whose pages they are; without this flag, one is started if none is running",
      defaultText: DEFAULT_URL,
    }),
    concurrency: integerFlag({
      group: HOW,
      about: "requests in flight at most",
      min: 1,
      max: strategy.maxConcurrency,
      default: strategy.concurrency,
    }),
    timeout: durationFlag({ group: HOW, about: "for one attempt as a whole", min: 1, default: TIMEOUT_MS }),
    "connect-timeout": durationFlag({
      group: HOW,
      about: "from the start of an attempt to the response's headers",
      min: 1,
      default: CONNECT_TIMEOUT_MS,
    }),
    "idle-timeout": durationFlag({
      group: HOW,
      about: "of silence in the middle of a body",
      min: 1,
      default: IDLE_TIMEOUT_MS,
    }),
    retries: integerFlag({
      group: HOW,
      about: "further attempts after one that failed for a passing reason",
      max: 100,
      default: RETRIES,
    }),
    json: switchFlag({ group: SHOW, about: "print the result as one JSON object" }),
    quiet: switchFlag({ group: SHOW, about: "show no progress, only the result and problems" }),
    help: { ...HELP, group: SHOW },
  };
}

/** The values of a script's flags. */
export type RunFlags = FlagValues<ReturnType<typeof runFlags>>;

/**
 * From flags to the options of a strategy.
 *
 * @param flags The values given on the command line.
 * @returns What a strategy is called with, without signal and counters.
 */
export function strategyOptions(flags: RunFlags): StrategyOptions {
  return {
    concurrency: flags.concurrency,
    timeoutMs: flags.timeout,
    connectTimeoutMs: flags["connect-timeout"],
    idleTimeoutMs: flags["idle-timeout"],
    retries: flags.retries,
  };
}
