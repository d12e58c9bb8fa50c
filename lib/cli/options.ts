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
import { urlProblem } from "../source/list_record.ts";
import type { Wanted } from "../source/open_source.ts";
import { checkDistinct } from "./distinct_files.ts";
import { parseCommandLine } from "./parse_flags.ts";
import { runFlags, type RunFlagValues } from "./run_flags.ts";

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
 * @throws {UsageError} For a flag that isn't there, an invalid value, or flags that don't go together.
 */
export function readOptions(strategy: StrategyTraits, args: readonly string[]): RunOptions {
  const { values: flags, words } = parseCommandLine(args, runFlags(strategy));
  const { help, report, failed, cacert, json, timeline, html, quiet } = flags;
  if (report === "-" && json) throw new UsageError("--report - and --json both write to standard output: name a file");
  const work = readWork(flags, words);
  const files = { "--input": flags.input, "--cacert": cacert, "--report": report, "--failed": failed, "--html": html };
  checkDistinct(Object.entries(files).map(([flag, path]) => ({ flag, path })), { except: ["--input", "--failed"] });
  return {
    ...{ help, dryRun: flags["dry-run"], report, failed, cacert, json, timeline, html, quiet },
    work,
    download: readDownload(strategy, flags, { isList: !("trials" in work) }),
  };
}

/** What is to be downloaded, of which a command line says one thing. */
function readWork({ input, strict, trials, url }: RunFlagValues, words: readonly string[]): Wanted {
  const list = words.length === 1 && words[0] === "-" ? "-" : undefined; // as in `-i -`
  const said = Object.entries({
    [list === undefined ? "a URL" : "-"]: words.length > 0,
    "--input": input !== undefined,
    "--trials": trials !== undefined,
    "--url": url !== undefined,
  }).filter(([, isSaid]) => isSaid).map(([flag]) => flag);
  const isList = input !== undefined || words.length > 0;
  if (isList && said.length > 1) {
    throw new UsageError(`${said[0]} and ${said[1]} each say what to download: leave one of them out`);
  }
  if (input !== undefined || list !== undefined) return { input: input ?? "-", strict };
  if (strict) throw new UsageError("--strict is about the lines of a list: name one with --input");
  return words.length > 0 ? { urls: words.map(readUrl) } : { trials: trials ?? TRIALS, url };
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
  const { output, "user-agent": userAgent } = flags;
  const files = isList || output !== undefined;
  const manners = defaultManners({ concurrency: strategy.concurrency, files });
  return {
    concurrency: flags.concurrency ?? manners.concurrency,
    perHost: flags["per-host"] ?? manners.perHost,
    rate: flags.rate,
    timeoutMs: flags.timeout,
    connectTimeoutMs: flags["connect-timeout"],
    idleTimeoutMs: flags["idle-timeout"],
    retries: flags.retries,
    retryMaxTimeMs: flags["retry-max-time"],
    retryOn: flags["retry-on"],
    maxFailures: flags["fail-fast"] ? 1 : flags["max-failures"],
    output,
    distinct: manners.distinct,
    digest: output !== undefined && flags.report !== undefined,
    raw: flags.raw,
    maxFilesize: flags["max-filesize"],
    headers: { ...userAgent !== undefined && { "user-agent": userAgent }, ...Object.fromEntries(flags.header) },
    proxy: flags.proxy,
    ...(strategy.pools && {
      workers: flags.workers,
      clients: flags.clients,
      http: readHttp(flags.http) ?? manners.http,
      explain: flags.verbose ? tell : undefined,
    }),
  };
}

function readHttp(http: "1" | "2" | "auto" | "alpn" | undefined): HttpChoice | undefined {
  return http === "1" ? 1 : http === "2" ? 2 : http;
}
