/**
 * The flags that all four scripts have, and what they mean for a strategy.
 *
 * @module
 */

import { CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS, RETRIES, TIMEOUT_MS, TRIALS } from "../constants.ts";
import { DEFAULT_URL } from "./website.ts";
import {
  autoFlag,
  choiceFlag,
  durationFlag,
  HELP,
  helpText,
  integerFlag,
  parseFlags,
  switchFlag,
  textFlag,
  urlFlag,
} from "./flags.ts";
import type { StrategyOptions } from "./settings.ts";
import type { StrategyTraits } from "./strategy.ts";

const WHAT = "What to download";
const HOW = "How";
const SHOW = "What to show";

/** The flags of a strategy that has pools. */
const POOL_FLAGS = {
  workers: autoFlag({
    group: HOW,
    about: "isolates to download in",
    defaultText: "auto: one per core, once they earn it",
  }),
  clients: autoFlag({
    group: HOW,
    about: "HttpClients in each isolate",
    defaultText: "auto: as many as carry the requests",
  }),
  http: choiceFlag({
    group: HOW,
    about: "HTTP version without TLS; auto asks each server once",
    choices: ["1", "2", "auto"],
    default: "auto",
  }),
  verbose: switchFlag({ group: SHOW, about: "say what was chosen and why" }),
};

/** The flags of a script: the same for all four, but for what `--concurrency` may be. */
function runFlags(strategy: StrategyTraits) {
  const flags = {
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
    ...POOL_FLAGS,
    retries: integerFlag({
      group: HOW,
      about: "further attempts after one that failed for a passing reason",
      max: 100,
      default: RETRIES,
    }),
    json: switchFlag({ group: SHOW, about: "print the result as one JSON object" }),
    timeline: switchFlag({
      group: SHOW,
      about: "with --json: also when requests began and ended, in the field timeline",
    }),
    html: textFlag({ group: SHOW, about: "also write a report with charts to this file", value: "FILE" }),
    quiet: switchFlag({ group: SHOW, about: "show no progress, only the result and problems" }),
    help: { ...HELP, group: SHOW },
  };
  if (strategy.pools) return flags;
  const without: Partial<typeof flags> = flags;
  for (const name of Object.keys(POOL_FLAGS) as (keyof typeof POOL_FLAGS)[]) delete without[name];
  return without as typeof flags;
}

/** What the command line of a script asks for. */
export interface RunOptions {
  /** Print the help text and do nothing else. */
  help: boolean;
  /** Pages to download. */
  trials: number;
  /** The website whose pages they are, if one is named. */
  url: string | undefined;
  /** Print the result as JSON. */
  json: boolean;
  /** Put into the JSON when requests began and ended. */
  timeline: boolean;
  /** The file to write a report to, if one is named. */
  html: string | undefined;
  /** Show no progress. */
  quiet: boolean;
  /** How to download. */
  download: StrategyOptions;
}

/**
 * Reads the command line of a script.
 *
 * @param strategy What the script downloads with; bounds `--concurrency`.
 * @param args The command line.
 * @returns What it asks for, with defaults for what it doesn't.
 * @throws {UsageError} For a flag that isn't there or a value that won't do.
 */
export function readOptions(strategy: StrategyTraits, args: readonly string[]): RunOptions {
  const flags = parseFlags(args, runFlags(strategy));
  const { help, trials, url, json, timeline, html, quiet } = flags;
  const download = {
    concurrency: flags.concurrency,
    timeoutMs: flags.timeout,
    connectTimeoutMs: flags["connect-timeout"],
    idleTimeoutMs: flags["idle-timeout"],
    retries: flags.retries,
    ...(strategy.pools && {
      workers: flags.workers,
      clients: flags.clients,
      http: flags.http === "auto" ? flags.http : Number(flags.http) as 1 | 2,
      explain: flags.verbose ? console.error : undefined,
    }),
  };
  return { help, trials, url, json, timeline, html, quiet, download };
}

/**
 * The help text of a script.
 *
 * @param strategy What the script downloads with.
 * @returns Several lines.
 */
export function runHelp(strategy: StrategyTraits): string {
  const script = `deno run -A ${strategy.title}.ts`;
  return helpText({
    usage: `${script} [flags]`,
    about: `Downloads many pages: ${strategy.about}.`,
    flags: runFlags(strategy),
    examples: [
      [`${script} --trials 20`, "20 pages of a slow website, which is started if none is running"],
      [`${script} --url http://127.0.0.1:8000/ --html report.html`, "pages of this website, and a report with charts"],
    ],
  });
}
