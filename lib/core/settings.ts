/**
 * The options of a strategy, checked once and completed with defaults.
 *
 * @module
 */

import {
  BACKOFF_MS,
  CONNECT_TIMEOUT_MS,
  CORES,
  FILES_IN_FLIGHT,
  IDLE_TIMEOUT_MS,
  PER_HOST,
  RETRIES,
  RETRY_MAX_TIME_MS,
  TIMEOUT_MS,
  USER_AGENT,
} from "../../constants.ts";
import { check } from "./check_option.ts";
import { type FileOptions, type OptionalFileOptions, settleFiles } from "./file_settings.ts";
import { type HostsOptions, settleHosts } from "./host_settings.ts";
import { type LoginOptions, settleLogins } from "./login_settings.ts";
import type { Meter } from "./meter.ts";
import type { SharedRun } from "./shared_run.ts";
import type { SharedShards } from "./shards.ts";

/** Which HTTP version is spoken; {@linkcode StrategyOptions.http} says what each means. */
export type HttpChoice = 1 | 2 | "auto" | "alpn";

/** Statuses that are retried besides those that may pass by themselves; `none` for no status at all. */
export type RetryOn = readonly number[] | "none";

/** How to download. Every field may be left out. */
export interface StrategyOptions extends FileOptions, LoginOptions, HostsOptions {
  /** Ends the run: nothing more is started, what is in flight ends as failed with kind `aborted`. Default: none. */
  signal?: AbortSignal;
  /** Requests in flight at most, 1 or more. Default: the strategy's own. */
  concurrency?: number;
  /**
   * Isolates that `optimized` and `download` work in, this one included, 1 or more; none is started before it has work. Default:
   * one per core.
   */
  workers?: number;
  /** HttpClients, and so HTTP/2 connections to a server, in each isolate of `optimized` at most. Default: as needed. */
  clients?: number;
  /**
   * The HTTP version that `optimized` and `download` use. "alpn": over TLS what client and server agree on (ALPN, RFC
   * 7301), without TLS HTTP/1.1, unless the server answers `download` in HTTP/2. "auto": the same, but servers without TLS
   * are asked once whether they speak HTTP/2. 1: HTTP/1.1. 2: HTTP/2, without TLS by prior knowledge. Default: "auto";
   * "alpn" when there is an `output`, since hardly any server speaks HTTP/2 without TLS.
   */
  http?: HttpChoice;
  /** Milliseconds one attempt may take as a whole. Default: `TIMEOUT_MS`. */
  timeoutMs?: number;
  /** Milliseconds from the start of an attempt to the response's headers. Default: `CONNECT_TIMEOUT_MS`. */
  connectTimeoutMs?: number;
  /** Milliseconds between two chunks of a body. Default: `IDLE_TIMEOUT_MS`. */
  idleTimeoutMs?: number;
  /**
   * Further attempts after a temporary failure, 0 or more. Attempts that failed because their host was unreachable or
   * overloaded don't count, for `retryMaxTimeMs`, nor do those that brought 1 MiB or more that is kept. With 0 nothing is
   * tried again. Default: `RETRIES`.
   */
  retries?: number;
  /**
   * Milliseconds that a host may be away, or refuse whatever it is asked, before its downloads fail. Meanwhile one request
   * now and then finds out whether it is back. Default: `RETRY_MAX_TIME_MS`.
   */
  retryMaxTimeMs?: number;
  /** Statuses from 400 to 599 to retry, too; "none" for no status at all. Default: those that may pass by themselves. */
  retryOn?: RetryOn;
  /** Milliseconds the first retry waits at most; each further one up to twice as long. Default: `BACKOFF_MS`. */
  backoffMs?: number;
  /**
   * The folder that bodies are saved to; created if it isn't there. Or `s3://bucket/prefix`, a bucket that is there, with the
   * access key that the environment names. What an earlier run has saved to it is skipped, and what it has begun is
   * continued. Default: bodies are read and not kept.
   */
  output?: string;
  /** Request a URL that comes again only once; the others are skipped. Default: only when there is an `output`. */
  distinct?: boolean;
  /**
   * How to name files whose downloads have no name: `{host}/{path}`, for example, with `{n}`, `{name}`, `{ext}`, `{query}`,
   * `{sha256:2}` and what is in `columns`. Needs an `output`. Default: as the server or the URL says.
   */
  name?: string;
  /** Compute the SHA-256 of every saved body, not only of those whose SHA-256 is given. Default: false. */
  digest?: boolean;
  /** Save bodies as they are sent, and ask for them unpacked. Default: gzip, Brotli, deflate and Zstandard are undone. */
  raw?: boolean;
  /** Bytes that a body may have at most, unpacked, 1 or more; a larger one fails. Default: no limit. */
  maxFilesize?: number;
  /** Requests in flight to one host at most, 1 or more. Default: `PER_HOST` when there is an `output`, or no limit. */
  perHost?: number;
  /** Requests per second to one host at most, more than 0. Default: no limit. */
  rate?: number;
  /**
   * Ask each website for its robots.txt (RFC 9309) first, once, and leave out what that doesn't allow to whoever the
   * `user-agent` names; Crawl-delay is obeyed up to five minutes. What is left out fails with kind `robots`, or is skipped if
   * `unwanted` says so. Default: false, because a list is what somebody asks for.
   */
  robots?: boolean;
  /** Downloads that may fail before the run is ended, 1 or more. Default: no limit. */
  maxFailures?: number;
  /** Headers of every request. Default: a `user-agent` that names this project. */
  headers?: Record<string, string>;
  /** The proxy for every request, as an http, https or socks5 URL. Default: what the environment says. */
  proxy?: string;
  /** Certificate authorities to trust besides the usual ones, in PEM. Default: none. */
  caCerts?: string[];
  /** Live counters to keep. Default: some that nobody sees. */
  meter?: Meter;
  /** Receives, in a line each, what `optimized` or `download` chose and why. Default: none. */
  explain?: (line: string) => void;
  /** Called with a line of progress if it takes seconds to look up what `output` has. Default: none. */
  say?: (line: string) => void;
  /** The run that this one is a part of, on many machines; then one isolate works for it. Default: none. */
  shared?: SharedRun;
}

/** What a worker needs to share in the names: to be sent to it in a message. */
export interface SharedNames {
  /** Lock, count of names, count of folders in names, and whether the folder has files that may be no run's. */
  state: Int32Array<SharedArrayBuffer>;
  /** The small filter. */
  small: Uint32Array<SharedArrayBuffer>;
  /** The large filter. */
  large: Uint32Array<SharedArrayBuffer>;
}

/** What a {@linkcode ConnectionLimit} is made with. */
export interface ConnectionLimits {
  /** Requests in flight at most, 1 or more. */
  inFlight: number;
  /** Connections without a request at most, 1 or more. */
  idle: number;
}

/** What an isolate needs to save bodies. */
export interface Saving {
  /** The folder they are saved to, which the main isolate has open. */
  folder: string;
  /** The file names that are taken. */
  names: SharedNames;
  /** The folder within it for what isn't whole, which is this process's own. */
  state: string;
  /** What it takes to save them to shards. Default: they are files of their own. */
  shards?: SharedShards;
  /** The bucket that whole bodies go to, as `s3://bucket/prefix`; the folder has what isn't whole then. Default: the folder. */
  bucket?: string;
}

/** The options that may be absent from settings, too. */
export type Optional = "output" | "proxy" | "caCerts" | "cookies" | OptionalFileOptions;

/** Options with defaults filled in. Plain data, so that it can go to a worker. */
export interface Settings
  extends
    Required<Omit<StrategyOptions, "signal" | "meter" | "explain" | "say" | "name" | "shared" | Optional>>,
    Pick<StrategyOptions, Optional> {
  /** Set once the output folder is open. */
  saving?: Saving;
  /** Connections that each isolate may have. Default: no limit is known. */
  connections?: ConnectionLimits;
  /** The same for isolates other than the main one. Default: as many. */
  workerConnections?: ConnectionLimits;
  /** Where isolates count what arrives, from {@linkcode "./flow.ts".makeFlow}. Absent where nobody looks. */
  flow?: SharedArrayBuffer;
  /** What isolates bound the bytes per second by, from {@linkcode "../http/byte_rate.ts".makeByteClock}. Absent without a limit. */
  byteClock?: SharedArrayBuffer;
  /** The same for their connections, from {@linkcode "./connection_counts.ts".makeConnectionCounts}. */
  connectionCounts?: SharedArrayBuffer;
}

/** The settings whose defaults depend on what is downloaded. */
export type Manners = Pick<Settings, "concurrency" | "perHost" | "http" | "distinct">;

/**
 * The defaults that depend on what is downloaded. What is saved, or listed, is mostly files of other people's hosts:
 * fewer requests at once, a limit for each host, and every URL only once. Pages that are only read are those of a
 * website made to be asked.
 *
 * @param limits Requests in flight that the strategy is best at, and whether bodies are saved or URLs come from a list.
 * @returns Those defaults.
 */
export function defaultManners({ concurrency, files }: { concurrency: number; files: boolean }): Manners {
  if (!files) return { concurrency, perHost: Infinity, http: "auto", distinct: false };
  return { concurrency: Math.min(concurrency, FILES_IN_FLIGHT), perHost: PER_HOST, http: "alpn", distinct: true };
}

/**
 * Checks options and fills in defaults.
 *
 * @param options What the caller asked for.
 * @param limits Requests in flight if `options` doesn't say, and how many can be asked for (default: no limit).
 * @returns Complete settings.
 * @throws {RangeError} For a number out of its bounds: names the option, the value and the bound.
 * @throws {TypeError} For a header that can't be sent.
 */
export function settle(
  options: StrategyOptions,
  limits: { concurrency: number; maxConcurrency?: number },
): Settings {
  const { output } = options;
  const manners = defaultManners({ concurrency: limits.concurrency, files: output !== undefined });
  const raw = (options.raw ?? false) || options.outputFormat === "warc"; // which has what was sent
  const settings: Settings = {
    concurrency: options.concurrency ?? manners.concurrency,
    workers: options.workers ?? CORES,
    clients: options.clients ?? Infinity,
    http: options.http ?? manners.http,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    retries: options.retries ?? RETRIES,
    retryMaxTimeMs: options.retryMaxTimeMs ?? RETRY_MAX_TIME_MS,
    retryOn: options.retryOn ?? [],
    backoffMs: options.backoffMs ?? BACKOFF_MS,
    output,
    distinct: options.distinct ?? manners.distinct,
    digest: options.digest ?? false,
    raw,
    maxFilesize: options.maxFilesize ?? Infinity,
    perHost: options.perHost ?? manners.perHost,
    rate: options.rate ?? Infinity,
    ...settleFiles(options),
    ...settleLogins(options),
    ...settleHosts(options),
    robots: options.robots ?? false,
    maxFailures: options.maxFailures ?? Infinity,
    headers: completeHeaders({ ...options, raw }),
    proxy: options.proxy,
    caCerts: options.caCerts,
  };
  check("concurrency", settings.concurrency, { min: 1, max: limits.maxConcurrency, whole: true });
  check("workers", settings.workers, { min: 1, whole: true });
  if (settings.clients !== Infinity) check("clients", settings.clients, { min: 1, whole: true });
  if (![1, 2, "auto", "alpn"].includes(settings.http)) {
    throw new RangeError(`Option http takes 1, 2, "auto" or "alpn": it is ${settings.http}`);
  }
  check("timeoutMs", settings.timeoutMs, { min: 1 });
  check("connectTimeoutMs", settings.connectTimeoutMs, { min: 1 });
  check("idleTimeoutMs", settings.idleTimeoutMs, { min: 1 });
  check("retries", settings.retries, { min: 0, whole: true });
  check("retryMaxTimeMs", settings.retryMaxTimeMs, { min: 0 });
  checkRetryOn(settings.retryOn);
  check("backoffMs", settings.backoffMs, { min: 0 });
  check("perHost", settings.perHost, { min: 1 });
  check("rate", settings.rate, { min: Number.MIN_VALUE });
  check("maxFilesize", settings.maxFilesize, { min: 1 });
  check("maxFailures", settings.maxFailures, { min: 1 });
  return settings;
}

/** By names in lower case, so that they can be laid over each other. */
function completeHeaders({ headers = {}, raw = false }: StrategyOptions): Record<string, string> {
  const common = { "user-agent": USER_AGENT, ...raw && { "accept-encoding": "identity" } };
  if (Object.keys(headers).length === 0) return common; // `Headers` take 4 ms to load
  const complete = new Headers(common);
  try {
    for (const [name, value] of Object.entries(headers)) complete.set(name, value);
  } catch (cause) {
    throw new TypeError(`Option headers has one that can't be sent: ${(cause as Error).message}`, { cause });
  }
  return Object.fromEntries(complete);
}

function checkRetryOn(retryOn: RetryOn): void {
  if (retryOn === "none") return;
  if (!Array.isArray(retryOn)) {
    throw new TypeError(`Option retryOn takes a list of statuses, or "none": it is ${retryOn}`);
  }
  for (const status of retryOn) check("retryOn", status, { min: 400, max: 599, whole: true });
}
