/**
 * The flags that all four scripts have, in the order and the groups of `--help`.
 *
 * @module
 */

import {
  CONNECT_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  RETRIES,
  RETRY_MAX_TIME_MS,
  TIMEOUT_MS,
  TRIALS,
  USER_AGENT,
} from "../../constants.ts";
import { defaultManners } from "../core/settings.ts";
import type { StrategyTraits } from "../engine/strategy.ts";
import { DEFAULT_URL } from "../source/website.ts";
import {
  autoFlag,
  choiceFlag,
  durationFlag,
  type FlagValues,
  HELP,
  integerFlag,
  numberFlag,
  sizeFlag,
  switchFlag,
  textFlag,
  urlFlag,
} from "./flags.ts";
import { headersFlag, jsonLinesFlag, proxyFlag, statusesFlag } from "./run_flag_kinds.ts";

const PAGES = "The pages of a website";
const LIST = "A list of URLs instead";
const HOW = "How much at once, and how long";
const REQUESTS = "What requests say, and what they go through";
const SHOW = "What to show";

/** No server answers within a few milliseconds, so `--timeout 5` is a slip. */
const TIMEOUT_BOUNDS = { min: 1, plainFrom: 1_000 };

/** The defaults when a list is downloaded, or bodies are saved. */
const FILE_MANNERS = defaultManners({ concurrency: Infinity, files: true });

/** The flags that only a strategy with pools has. */
const POOL_FLAGS = ["workers", "clients", "http", "verbose"] as const;

/** The flags of a script that has pools. */
export type RunFlags =
  & typeof PAGE_FLAGS
  & typeof LIST_FLAGS
  & ReturnType<typeof limitFlags>
  & typeof TIMEOUT_FLAGS
  & typeof CLIENT_FLAGS
  & typeof RETRY_FLAGS
  & typeof REQUEST_FLAGS
  & typeof SHOW_FLAGS;

/** What they say. */
export type RunFlagValues = FlagValues<RunFlags>;

/**
 * The flags of a script: the same for all four, but for what `--concurrency` may be, and those about pools.
 *
 * @param strategy What the script downloads with.
 * @returns Its flags; typed as if it had pools.
 */
export function runFlags(strategy: StrategyTraits): RunFlags {
  const flags = {
    ...PAGE_FLAGS,
    ...LIST_FLAGS,
    ...limitFlags(strategy),
    ...TIMEOUT_FLAGS,
    ...CLIENT_FLAGS,
    ...RETRY_FLAGS,
    ...REQUEST_FLAGS,
    ...SHOW_FLAGS,
  };
  if (!strategy.pools) { for (const name of POOL_FLAGS) delete (flags as Partial<typeof flags>)[name]; }
  return flags;
}

const PAGE_FLAGS = {
  trials: integerFlag({ group: PAGES, about: "pages to download: /0 to /N-1", defaultText: String(TRIALS) }),
  url: urlFlag({
    group: PAGES,
    about: "website whose pages they are; without this flag, one is started if none is running",
    defaultText: DEFAULT_URL,
  }),
};

const LIST_FLAGS = {
  input: textFlag({
    group: LIST,
    value: "FILE",
    about: "URLs to download: lines, NDJSON or CSV, perhaps gzipped; - reads standard input",
  }),
  output: textFlag({
    group: LIST,
    value: "DIR",
    about: "save what is downloaded here, or go on with what is missing; without it, bodies are read and counted",
  }),
  strict: switchFlag({ group: LIST, about: "download nothing if a line is no URL; else it is skipped" }),
  "dry-run": switchFlag({ group: LIST, about: "print what would be downloaded, and the file it would go to" }),
  report: textFlag({
    group: LIST,
    value: "FILE",
    about: "write a line of JSON for every URL, as it ends; - is standard output",
  }),
  failed: jsonLinesFlag({ group: LIST, value: "FILE", about: "write what isn't done as a list that --input takes" }),
  raw: switchFlag({ group: LIST, about: "ask for nothing packed, and save bodies as they are sent" }),
  "max-filesize": sizeFlag({ group: LIST, about: "fail what is larger, unpacked, for example 10MB or 2GiB", min: 1 }),
};

function limitFlags(strategy: StrategyTraits) {
  return {
    concurrency: integerFlag({
      group: HOW,
      about: "requests in flight at most",
      min: 1,
      max: strategy.maxConcurrency,
      defaultText: defaultConcurrency(strategy),
    }),
    "per-host": integerFlag({
      group: HOW,
      about: "requests in flight to one host at most",
      min: 1,
      defaultText: `for files ${FILE_MANNERS.perHost}`,
    }),
    rate: numberFlag({ group: HOW, about: "requests to one host that are started in a second at most", min: 0.001 }),
  };
}

const TIMEOUT_FLAGS = {
  timeout: durationFlag({ group: HOW, about: "for one attempt as a whole", ...TIMEOUT_BOUNDS, default: TIMEOUT_MS }),
  "connect-timeout": durationFlag({
    group: HOW,
    about: "from the start of an attempt to the response's headers",
    ...TIMEOUT_BOUNDS,
    default: CONNECT_TIMEOUT_MS,
  }),
  "idle-timeout": durationFlag({
    group: HOW,
    about: "of silence in the middle of a body",
    ...TIMEOUT_BOUNDS,
    default: IDLE_TIMEOUT_MS,
  }),
};

const CLIENT_FLAGS = {
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
    about: "HTTP version; alpn: what TLS agrees on, without TLS 1; auto: without TLS each server is asked",
    choices: ["1", "2", "auto", "alpn"],
    defaultText: `auto, for files ${FILE_MANNERS.http}`,
  }),
};

const RETRY_FLAGS = {
  retries: integerFlag({
    group: HOW,
    about: "further attempts after one that failed for a passing reason",
    max: 100,
    default: RETRIES,
  }),
  "retry-max-time": durationFlag({
    group: HOW,
    about: "that a host may be away, or refuse every request, before its downloads fail",
    min: 0,
    default: RETRY_MAX_TIME_MS,
  }),
  "retry-on": statusesFlag({
    group: HOW,
    about: "statuses to retry, too, as in 403,404; none: retry no status",
    defaultText: "408, 425, 429, 500, 502-504, 520-524, 530",
  }),
  "max-failures": integerFlag({ group: HOW, about: "end the run when so many downloads have failed", min: 1 }),
  "fail-fast": switchFlag({ group: HOW, about: "end the run when a download has failed" }),
};

const REQUEST_FLAGS = {
  header: headersFlag({
    group: REQUESTS,
    about: "send this header with every request; may be given several times",
  }),
  "user-agent": textFlag({ group: REQUESTS, about: "who asks", defaultText: USER_AGENT }),
  proxy: proxyFlag({ group: REQUESTS, about: "the proxy to ask through: http://, https:// or socks5://" }),
  cacert: textFlag({ group: REQUESTS, value: "FILE", about: "trust these certificate authorities, too (PEM)" }),
};

const SHOW_FLAGS = {
  verbose: switchFlag({ group: SHOW, about: "say what was chosen and why" }),
  json: switchFlag({ group: SHOW, about: "print the result as one JSON object" }),
  timeline: switchFlag({
    group: SHOW,
    about: "with --json: also when requests began and ended, in the field timeline",
  }),
  html: textFlag({ group: SHOW, about: "also write a report with charts to this file", value: "FILE" }),
  quiet: switchFlag({ group: SHOW, about: "show no progress, only the result and problems" }),
  help: { ...HELP, group: SHOW },
};

function defaultConcurrency({ concurrency }: StrategyTraits): string {
  return concurrency > FILE_MANNERS.concurrency
    ? `${concurrency}, for files ${FILE_MANNERS.concurrency}`
    : String(concurrency);
}
