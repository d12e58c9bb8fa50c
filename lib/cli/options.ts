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
import type { Wanted } from "../source/open_source.ts";
import { checkDistinct } from "./distinct_files.ts";
import { helpText } from "./help_text.ts";
import { parseFlags } from "./parse_flags.ts";
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

function readWork({ input, strict, trials, url }: RunFlagValues): Wanted {
  if (input === undefined) {
    if (strict) throw new UsageError("--strict is about the lines of a list: name one with --input");
    return { trials: trials ?? TRIALS, url };
  }
  const other = trials !== undefined ? "--trials" : url !== undefined ? "--url" : undefined;
  if (other) throw new UsageError(`--input and ${other} each say what to download: leave one of them out`);
  return { input, strict };
}

function readDownload(strategy: StrategyTraits, flags: RunFlagValues): StrategyOptions {
  const { input, output, "user-agent": userAgent } = flags;
  const files = input !== undefined || output !== undefined;
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
        "every URL of a list, each into a file; run again, it gets only what is missing",
      ],
    ],
    exitCodes: [
      [0, "everything was downloaded, or already there"],
      [1, "something failed, or a line of the list isn't a URL"],
      [2, "wrong command line, or a list that can't be read or has no URLs"],
      [3, "a file can't be written"],
      [129, "ended by a hangup (SIGHUP); requests in flight are aborted"],
      [130, "ended by Ctrl-C (SIGINT)"],
      [143, "ended by SIGTERM"],
    ],
  });
}
