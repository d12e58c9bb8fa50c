/**
 * The flags that all four scripts have, and what they mean for a strategy.
 *
 * @module
 */

import {
  CONNECT_TIMEOUT_MS,
  FILES_IN_FLIGHT,
  IDLE_TIMEOUT_MS,
  PER_HOST,
  RETRIES,
  RETRY_MAX_TIME_MS,
  TIMEOUT_MS,
  TRIALS,
  USER_AGENT,
} from "../../constants.ts";
import { UsageError } from "../core/errors.ts";
import { checkDistinct } from "./distinct_files.ts";
import {
  autoFlag,
  choiceFlag,
  durationFlag,
  type Flag,
  type FlagText,
  type FlagValues,
  HELP,
  integerFlag,
  listFlag,
  numberFlag,
  sizeFlag,
  switchFlag,
  textFlag,
  urlFlag,
} from "./flags.ts";
import { helpText } from "./help_text.ts";
import { parseFlags } from "./parse_flags.ts";
import { tell } from "../core/print.ts";
import type { HttpChoice, RetryOn, StrategyOptions } from "../core/settings.ts";
import type { StrategyTraits } from "../engine/strategy.ts";
import type { Wanted } from "../source/open_source.ts";
import { DEFAULT_URL } from "../source/website.ts";

const PAGES = "The pages of a website";
const LIST = "A list of URLs instead";
const HOW = "How much at once, and how long";
const REQUESTS = "What requests say, and what they go through";
const SHOW = "What to show";

/** Bounds of a timeout. No server answers within a few milliseconds, so `--timeout 5` is a slip. */
const TIMEOUT_BOUNDS = { min: 1, plainFrom: 1_000 };

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
    about: "HTTP version; alpn: what TLS agrees on, without TLS 1; auto: without TLS each server is asked",
    choices: ["1", "2", "auto", "alpn"],
    defaultText: "auto, for a list alpn",
  }),
  verbose: switchFlag({ group: SHOW, about: "say what was chosen and why" }),
};

/** Which statuses are retried. */
const RETRY_ON_FLAG: Flag<RetryOn | undefined> = {
  group: HOW,
  value: "LIST",
  about: "statuses to retry, too, as in 403,404; none: retry no status",
  default: undefined,
  defaultText: "408, 425, 429, 500, 502-504, 520-524, 530",
  parse: readStatuses,
};

/** A flag for a file that lines of JSON are written to: its name must not say that it is something else. */
function jsonLinesFlag(flag: FlagText<undefined>): Flag<string | undefined> {
  const text = textFlag(flag);
  return {
    ...text,
    parse(path) {
      if (path === "-") throw new RangeError("the name of a file, which is replaced when the run ends");
      if (/\.(csv|gz)$/i.test(path)) {
        throw new RangeError("a name that doesn't end in .csv or .gz: it holds lines of JSON");
      }
      return text.parse(path);
    },
  };
}

/** The flags of a script: the same for all four, but for what `--concurrency` may be. */
function runFlags(strategy: StrategyTraits) {
  const flags = {
    trials: integerFlag({ group: PAGES, about: "pages to download: /0 to /N-1", defaultText: String(TRIALS) }),
    url: urlFlag({
      group: PAGES,
      about: "website whose pages they are; without this flag, one is started if none is running",
      defaultText: DEFAULT_URL,
    }),
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
      defaultText: `for a list ${PER_HOST}`,
    }),
    rate: numberFlag({ group: HOW, about: "requests to one host that are started in a second at most", min: 0.001 }),
    timeout: durationFlag({
      group: HOW,
      about: "for one attempt as a whole",
      ...TIMEOUT_BOUNDS,
      default: TIMEOUT_MS,
    }),
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
    ...POOL_FLAGS,
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
    "retry-on": RETRY_ON_FLAG,
    "max-failures": integerFlag({ group: HOW, about: "end the run when so many downloads have failed", min: 1 }),
    "fail-fast": switchFlag({ group: HOW, about: "end the run when a download has failed" }),
    header: listFlag({
      group: REQUESTS,
      value: "'NAME: VALUE'",
      about: "send this header with every request; may be given several times",
      each: readHeader,
    }),
    "user-agent": textFlag({ group: REQUESTS, about: "who asks", defaultText: USER_AGENT }),
    proxy: {
      ...textFlag({ group: REQUESTS, value: "URL", about: "the proxy to ask through: http://, https:// or socks5://" }),
      parse: readProxy,
    },
    cacert: textFlag({ group: REQUESTS, value: "FILE", about: "trust these certificate authorities, too (PEM)" }),
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

function defaultConcurrency({ concurrency }: StrategyTraits): string {
  return concurrency > FILES_IN_FLIGHT ? `${concurrency}, for a list ${FILES_IN_FLIGHT}` : String(concurrency);
}

function readHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  try {
    if (name !== undefined) return [...new Headers([[name, value]])][0];
  } catch {
    // Told below, and not why, since that would quote a value that may be a secret.
  }
  throw new RangeError("a header's name, a colon and its value");
}

function readStatuses(text: string): RetryOn {
  if (text === "none") return text;
  const statuses = text.split(",").map((each) => each.trim());
  if (statuses.every((each) => /^[45]\d\d$/.test(each))) return statuses.map(Number);
  throw new RangeError("statuses from 400 to 599 with commas between them, or none");
}

function readProxy(text: string): string {
  if (/^(https?|socks5h?):$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new TypeError("an http://, https:// or socks5:// URL");
}

/** What the command line of a script asks for. */
export interface RunOptions {
  /** Print the help text and do nothing else. */
  help: boolean;
  /** What to download: pages of a website, or a list. */
  work: Wanted;
  /** Download nothing, print what would be downloaded. */
  dryRun: boolean;
  /** The file for a line about every URL, if one is named. */
  report: string | undefined;
  /** The file for the list of what failed, if one is named. */
  failed: string | undefined;
  /** The file with certificate authorities, if one is named. */
  cacert: string | undefined;
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
 * @throws {UsageError} For a flag that isn't there, a value that won't do, or flags that don't go together.
 */
export function readOptions(strategy: StrategyTraits, args: readonly string[]): RunOptions {
  const flags = parseFlags(args, runFlags(strategy));
  const { help, report, failed, cacert, json, timeline, html, quiet } = flags;
  if (report === "-" && json) throw new UsageError("--report - and --json both write to standard output: name a file");
  const files = { "--input": flags.input, "--cacert": cacert, "--report": report, "--failed": failed, "--html": html };
  checkDistinct(Object.entries(files).map(([flag, path]) => ({ flag, path })), { except: ["--input", "--failed"] });
  return {
    ...{ help, dryRun: flags["dry-run"], report, failed, cacert, json, timeline, html, quiet },
    work: readWork(flags),
    download: readDownload(strategy, flags),
  };
}

type RunFlags = FlagValues<ReturnType<typeof runFlags>>;

function readWork({ input, strict, trials, url }: RunFlags): Wanted {
  if (input === undefined) {
    if (strict) throw new UsageError("--strict is about the lines of a list: name one with --input");
    return { trials: trials ?? TRIALS, url };
  }
  const other = trials !== undefined ? "--trials" : url !== undefined ? "--url" : undefined;
  if (other) throw new UsageError(`--input and ${other} each say what to download: leave one of them out`);
  return { input, strict };
}

function readDownload(strategy: StrategyTraits, flags: RunFlags): StrategyOptions {
  const { input, output, "user-agent": userAgent } = flags;
  const isList = input !== undefined;
  return {
    concurrency: flags.concurrency ??
      (isList ? Math.min(strategy.concurrency, FILES_IN_FLIGHT) : strategy.concurrency),
    perHost: flags["per-host"] ?? (isList ? PER_HOST : Infinity),
    rate: flags.rate,
    timeoutMs: flags.timeout,
    connectTimeoutMs: flags["connect-timeout"],
    idleTimeoutMs: flags["idle-timeout"],
    retries: flags.retries,
    retryMaxTimeMs: flags["retry-max-time"],
    retryOn: flags["retry-on"],
    maxFailures: flags["fail-fast"] ? 1 : flags["max-failures"],
    output,
    distinct: isList || output !== undefined,
    digest: output !== undefined && flags.report !== undefined,
    raw: flags.raw,
    maxFilesize: flags["max-filesize"],
    headers: { ...userAgent !== undefined && { "user-agent": userAgent }, ...Object.fromEntries(flags.header) },
    proxy: flags.proxy,
    ...(strategy.pools && {
      workers: flags.workers,
      clients: flags.clients,
      http: readHttp(flags.http ?? (isList ? "alpn" : "auto")),
      explain: flags.verbose ? tell : undefined,
    }),
  };
}

function readHttp(http: "1" | "2" | "auto" | "alpn"): HttpChoice {
  return http === "1" ? 1 : http === "2" ? 2 : http;
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
    about: `Downloads many pages, or the files of a list: ${strategy.about}.`,
    flags: runFlags(strategy),
    examples: [
      [`${script} --trials 20`, "20 pages of a slow website, which is started if none is running"],
      [`${script} --url http://127.0.0.1:8000/ --html report.html`, "pages of this website, and a report with charts"],
      [
        `${script} --input urls.txt --output files`,
        "every URL of a list, each into a file; again, for what is missing",
      ],
    ],
    exitCodes: [
      [0, "everything was downloaded, or was there already"],
      [1, "something failed, or a line of the list is no URL"],
      [2, "a mistake in the command, or a list that can't be read or has no URL in it"],
      [3, "something can't be written"],
      [129, "ended by a hangup (SIGHUP); what is in flight is aborted"],
      [130, "the same by Ctrl-C (SIGINT)"],
      [143, "the same by SIGTERM"],
    ],
  });
}
