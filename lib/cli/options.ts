/**
 * What the command line of a script asks for.
 *
 * @module
 */

import { TRIALS } from "../../constants.ts";
import { UsageError } from "../core/errors.ts";
import { tell } from "../core/print.ts";
import { defaultManners, type HttpChoice, type StrategyOptions } from "../core/settings.ts";
import type { StrategyTraits } from "../engine/strategy.ts";
import { urlProblem } from "../source/url_problem.ts";
import type { FieldColumns } from "../source/list_fields.ts";
import type { Wanted } from "../source/open_source.ts";
import type { MetricsOptions } from "./metrics.ts";
import { checkDistinct } from "./distinct_files.ts";
import { readFileOptions } from "./file_options.ts";
import type { Shell } from "./flags.ts";
import { type QueueOptions, readQueue } from "./queue_flags.ts";
import { parseCommandLine } from "./parse_flags.ts";
import { runFlags, type RunFlagValues } from "./run_flags.ts";

/** What the command line of a script asks for. */
export interface RunOptions {
  /** Print the help text and do nothing else. */
  help: boolean;
  /** Print the version and do nothing else. */
  version: boolean;
  /** Print completions for this shell, if one is named, and do nothing else. */
  completions: Shell | undefined;
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
  /** The file with cookies, if one is named. */
  cookies?: string;
  /** The file with users and passwords, if one is named. */
  netrc?: string;
  /** The file with what holds for some hosts only, if one is named. */
  hosts?: string;
  /** Print the result as JSON. */
  json: boolean;
  /** Put into the JSON when requests began and ended. */
  timeline: boolean;
  /** The file to write a report to, if one is named. */
  html: string | undefined;
  /** How to name files that have no name in the list. Default: as servers or URLs say. */
  name?: string;
  /** Where the checksums are that files must have. Default: there are none. */
  checksums?: string;
  /** The file for the checksums of all files. Default: none. */
  sums?: string;
  /** Show no progress. */
  quiet: boolean;
  /** The run that other machines share, if it is one. */
  queue?: QueueOptions;
  /** Where to serve metrics, if anywhere. */
  metrics: MetricsOptions | undefined;
  /** How to download. */
  download: StrategyOptions;
}

/**
 * Reads the command line of a script.
 *
 * @param strategy What the script downloads with; bounds `--concurrency`.
 * @param args The command line.
 * @returns What it asks for, with defaults for what it doesn't.
 * @throws {UsageError} For a flag that isn't there, an invalid value, or flags that don't go together.
 */
export function readOptions(strategy: StrategyTraits, args: readonly string[]): RunOptions {
  const { values: flags, words, given } = parseCommandLine(args, runFlags(strategy));
  const { help, version, completions, report, failed, cacert, cookies, netrc, json, timeline, html, quiet } = flags;
  if (report === "-" && json) throw new UsageError("--report - and --json both write to standard output: name a file");
  const queue = readQueue(flags, { given, isList: flags.input !== undefined || words.length > 0 });
  const work = readWork(flags, words);
  const input = "input" in work ? work.input : undefined;
  const files = {
    "--input": input,
    "--cacert": cacert,
    "--netrc": netrc,
    "--cookies": cookies,
    "--hosts": flags.hosts,
    "--report": report,
    "--failed": failed,
    "--html": html,
    ...{ "--sums": flags.sums, "--write-sums": flags["write-sums"] },
  };
  checkDistinct(Object.entries(files).map(([flag, path]) => ({ flag, path })), { except: ["--input", "--failed"] });
  return {
    ...{ help, version, completions, dryRun: flags["dry-run"], report, failed, cacert, json, timeline, html, quiet },
    work,
    ...queue && { queue },
    metrics: readMetrics(flags),
    ...readName(flags),
    ...netrc !== undefined && { netrc },
    ...cookies !== undefined && { cookies },
    ...flags.hosts !== undefined && { hosts: flags.hosts },
    ...flags.sums !== undefined && { checksums: flags.sums },
    ...flags["write-sums"] !== undefined && { sums: flags["write-sums"] },
    download: readDownload(strategy, flags, { isList: queue !== undefined || !("trials" in work) }),
  };
}

/** What is to be downloaded, of which a command line says one thing. */
function readWork(flags: RunFlagValues, words: readonly string[]): Wanted {
  const { input, strict, trials, url, "list-format": format } = flags;
  const list = words.length === 1 && isList(words[0]) ? words[0] : undefined; // as in `-i -` or `-i urls.txt`
  const said = Object.entries({
    [list ?? "a URL"]: words.length > 0,
    "--input": input !== undefined,
    "--trials": trials !== undefined,
    "--url": url !== undefined,
  }).filter(([, isSaid]) => isSaid).map(([flag]) => flag);
  if ((input !== undefined || words.length > 0) && said.length > 1) {
    throw new UsageError(`${said[0]} and ${said[1]} each say what to download: leave one of them out`);
  }
  const fields = readColumns(flags);
  if (input !== undefined || list !== undefined) {
    return { input: input ?? list ?? "-", strict, ...format && { format }, ...fields && { fields } };
  }
  if (format) throw new UsageError("--list-format is about a list: name one with --input");
  if (fields) throw new UsageError("--url-column, --name-column and --column are about a list: name one with --input");
  if (strict) throw new UsageError("--strict is about the lines of a list: name one with --input");
  return words.length > 0 ? { urls: words.map(readUrl) } : { trials: trials ?? TRIALS, url };
}

/** The columns of the list that have other names than what they say. */
function readColumns(flags: RunFlagValues): FieldColumns | undefined {
  const { "url-column": url, "name-column": name, column: others } = flags;
  const all = [...others];
  if (url !== undefined) all.push(["url", url]);
  if (name !== undefined) all.push(["name", name]);
  const twice = all.find(([field], at) => all.findIndex(([other]) => other === field) < at);
  if (twice) throw new UsageError(`two columns of the list are said to have its ${twice[0]}: leave one of them out`);
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

/** Whether a word names a list: `-` for standard input, or what is no URL and is there as a file. */
function isList(word: string): boolean {
  if (word === "-") return true;
  if (urlProblem(word.trim()) === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return false;
  try {
    return !Deno.statSync(word).isDirectory;
  } catch {
    return false; // then it is refused as what is no URL
  }
}

function readName({ name, output }: RunFlagValues): Pick<RunOptions, "name"> {
  if (name !== undefined && output === undefined) throw new UsageError("--name is about files: name --output");
  return name === undefined ? {} : { name };
}

function readMetrics(flags: RunFlagValues): MetricsOptions | undefined {
  const port = flags["metrics-port"];
  return port === undefined ? undefined : { port, hostname: flags["metrics-host"], lingerMs: flags["metrics-linger"] };
}

function readUrl(word: string): string {
  const url = word.trim();
  const problem = urlProblem(url);
  if (problem === undefined) return url;
  throw new UsageError(`${problem}; name a list of URLs with --input`);
}

function readDownload(
  strategy: StrategyTraits,
  flags: RunFlagValues,
  { isList }: { isList: boolean },
): StrategyOptions {
  const { output } = flags;
  const files = isList || output !== undefined;
  const manners = defaultManners({ concurrency: strategy.concurrency, files });
  return {
    concurrency: flags.concurrency ?? manners.concurrency,
    perHost: flags["per-host"] ?? manners.perHost,
    rate: flags.rate,
    ...flags.robots && { robots: true },
    timeoutMs: flags.timeout,
    connectTimeoutMs: flags["connect-timeout"],
    idleTimeoutMs: flags["idle-timeout"],
    retries: flags.retries,
    retryMaxTimeMs: flags["retry-max-time"],
    retryOn: flags["retry-on"],
    maxFailures: flags["fail-fast"] ? 1 : flags["max-failures"],
    output,
    distinct: manners.distinct,
    digest: output !== undefined && (flags.report ?? flags["write-sums"]) !== undefined,
    raw: flags.raw,
    maxFilesize: flags["max-filesize"],
    ...readFileOptions(flags),
    ...readHeaders(flags),
    proxy: flags.proxy,
    ...(strategy.pools && {
      workers: flags.workers,
      clients: flags.clients,
      http: readHttp(flags.http) ?? manners.http,
      explain: flags.verbose ? tell : undefined,
    }),
  };
}

/** What every request gets, and what only some hosts may see. */
function readHeaders({ header, "user-agent": userAgent }: RunFlagValues): StrategyOptions {
  const headers: Record<string, string> = userAgent === undefined ? {} : { "user-agent": userAgent };
  const originHeaders: Record<string, Record<string, string>> = {};
  for (const [name, value, origin] of header) {
    const those = origin === undefined ? headers : originHeaders[origin] ??= {};
    those[name] = value;
  }
  return { headers, ...Object.keys(originHeaders).length > 0 && { originHeaders } };
}

function readHttp(http: "1" | "2" | "auto" | "alpn" | undefined): HttpChoice | undefined {
  return http === "1" ? 1 : http === "2" ? 2 : http;
}
