/**
 * The flags that all five scripts have, in the order and the groups of `--help`.
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
  COMPLETIONS,
  durationFlag,
  type FlagValues,
  HELP,
  integerFlag,
  numberFlag,
  sizeFlag,
  switchFlag,
  textFlag,
  urlFlag,
  VERSION,
} from "./flags.ts";
import { LIST_FLAGS } from "./list_flags.ts";
import { METRICS_FLAGS } from "./metrics_flags.ts";
import { QUEUE_FLAGS } from "./queue_flags.ts";
import { headersFlag, proxyFlag, segmentsFlag, statusesFlag } from "./run_flag_kinds.ts";

const PAGES = "Pages of a website";
const HOW = "Limits and retries";
const REQUESTS = "Requests";
const SHOW = "Output";

/** No server answers within a few milliseconds, so `--timeout 5` is a slip. */
const TIMEOUT_BOUNDS = { min: 1, plainFrom: 1_000 };

/** The defaults when a list is downloaded, or bodies are saved. */
const FILE_MANNERS = defaultManners({ concurrency: Infinity, files: true });

/** The flags that only a strategy with pools has, or connections of its own. */
const POOL_FLAGS = ["workers", "clients", "http", "verbose"] as const;

/**
 * The flags of a script that has pools.
 *
 * @internal
 */
export type RunFlags =
  & typeof PAGE_FLAGS
  & typeof LIST_FLAGS
  & ReturnType<typeof limitFlags>
  & typeof TIMEOUT_FLAGS
  & typeof CLIENT_FLAGS
  & typeof RETRY_FLAGS
  & typeof REQUEST_FLAGS
  & Partial<typeof QUEUE_FLAGS>
  & typeof SHOW_FLAGS
  & typeof METRICS_FLAGS;

/** What they say. */
export type RunFlagValues = FlagValues<RunFlags>;

/**
 * The flags of a script: the same for all five, but for what `--concurrency` may be, and those about pools.
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
    ...strategy.ownConnections ? QUEUE_FLAGS : {},
    ...SHOW_FLAGS,
    ...METRICS_FLAGS,
  };
  if (!strategy.pools) { for (const name of POOL_FLAGS) delete (flags as Partial<typeof flags>)[name]; }
  delete (flags as Partial<typeof flags>)[strategy.ownConnections ? "clients" : "segments"];
  return flags;
}

const PAGE_FLAGS = {
  trials: integerFlag({ group: PAGES, about: "pages to download: /0 to /N-1", defaultText: String(TRIALS) }),
  url: urlFlag({
    group: PAGES,
    about: "website to download them from; without this flag, one is started if none is running",
    defaultText: DEFAULT_URL,
  }),
};

function limitFlags(strategy: StrategyTraits) {
  return {
    concurrency: integerFlag({
      group: HOW,
      short: "j",
      about: "maximum requests in flight",
      min: 1,
      max: strategy.maxConcurrency,
      defaultText: defaultConcurrency(strategy),
    }),
    "per-host": integerFlag({
      group: HOW,
      about: "maximum requests in flight to one host",
      min: 1,
      defaultText: `for files ${FILE_MANNERS.perHost}`,
    }),
    rate: numberFlag({ group: HOW, about: "maximum requests per second to one host", min: 0.001 }),
    robots: switchFlag({
      group: HOW,
      about: "ask each website for its robots.txt, and leave out what that doesn't allow",
    }),
    hosts: textFlag({
      group: HOW,
      value: "FILE",
      about: 'limits, headers and logins of single hosts, as JSON: {"*.example.org": {"rate": 2}}',
    }),
    "limit-rate": sizeFlag({ group: HOW, about: "maximum bytes per second, all together, for example 10MB", min: 1 }),
    segments: segmentsFlag({
      group: HOW,
      about: "connections at most for one file of 8 MB or more, within --per-host; auto: as many as make it faster",
      defaultText: "1",
    }),
  };
}

const TIMEOUT_FLAGS = {
  timeout: durationFlag({ group: HOW, about: "time limit per attempt", ...TIMEOUT_BOUNDS, default: TIMEOUT_MS }),
  "connect-timeout": durationFlag({
    group: HOW,
    about: "time limit for connecting and receiving the response headers",
    ...TIMEOUT_BOUNDS,
    default: CONNECT_TIMEOUT_MS,
  }),
  "idle-timeout": durationFlag({
    group: HOW,
    about: "time limit between two pieces of a body",
    ...TIMEOUT_BOUNDS,
    default: IDLE_TIMEOUT_MS,
  }),
};

const CLIENT_FLAGS = {
  workers: autoFlag({
    group: HOW,
    about: "isolates to download in",
    defaultText: "auto: up to one per core, as needed",
  }),
  clients: autoFlag({
    group: HOW,
    about: "HttpClients in each isolate",
    defaultText: "auto: as needed",
  }),
  http: choiceFlag({
    group: HOW,
    about: "HTTP version; alpn: negotiated by TLS, 1 without TLS; auto: also ask each server without TLS for 2",
    choices: ["1", "2", "auto", "alpn"],
    defaultText: `auto, for files ${FILE_MANNERS.http}`,
  }),
};

const RETRY_FLAGS = {
  retries: integerFlag({
    group: HOW,
    about: "further attempts after a temporary failure",
    max: 100,
    default: RETRIES,
  }),
  "retry-max-time": durationFlag({
    group: HOW,
    about: "how long a host may be unreachable or refuse every request before its downloads fail",
    min: 0,
    default: RETRY_MAX_TIME_MS,
  }),
  "retry-on": statusesFlag({
    group: HOW,
    about: "also retry these statuses, for example 403,404; none: retry no status",
    defaultText: "408, 425, 429, 500, 502-504, 520-524, 530",
  }),
  "max-failures": integerFlag({ group: HOW, about: "stop after N failed downloads", min: 1 }),
  "fail-fast": switchFlag({ group: HOW, about: "stop after the first failed download" }),
};

const REQUEST_FLAGS = {
  header: headersFlag({
    group: REQUESTS,
    about: "send this header with every request, or to one origin (https://host); may be given several times",
  }),
  cookies: textFlag({
    group: REQUESTS,
    value: "FILE",
    about: "send the cookies of this file (Netscape's form), and keep those that servers set for the run",
  }),
  netrc: textFlag({
    group: REQUESTS,
    value: "FILE",
    about: "log in to hosts with the users and passwords of this .netrc",
  }),
  "user-agent": textFlag({ group: REQUESTS, about: "User-Agent header", defaultText: USER_AGENT }),
  proxy: proxyFlag({ group: REQUESTS, about: "send requests through this proxy: http://, https:// or socks5://" }),
  cacert: textFlag({ group: REQUESTS, value: "FILE", about: "also trust these certificate authorities (PEM)" }),
};

const SHOW_FLAGS = {
  verbose: switchFlag({ group: SHOW, about: "explain what was chosen" }),
  json: switchFlag({ group: SHOW, about: "print the result as one JSON object" }),
  timeline: switchFlag({
    group: SHOW,
    about: "with --json, add the start and end of requests, in the field timeline",
  }),
  html: textFlag({ group: SHOW, about: "write a report with charts to this file", value: "FILE" }),
  quiet: switchFlag({ group: SHOW, about: "show no progress, only problems and the result" }),
  completions: { ...COMPLETIONS, group: SHOW },
  version: { ...VERSION, group: SHOW },
  help: { ...HELP, group: SHOW },
};

function defaultConcurrency({ concurrency }: StrategyTraits): string {
  return concurrency > FILE_MANNERS.concurrency
    ? `${concurrency}, for files ${FILE_MANNERS.concurrency}`
    : String(concurrency);
}
