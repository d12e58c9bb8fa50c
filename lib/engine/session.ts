/**
 * What all attempts of one isolate share: the settings, the deadlines, connections, and the signal that ends them.
 *
 * @module
 */

import { MAX_STALLED } from "./places.ts";
import { ConnectionLimit } from "../http/connection_limit.ts";
import { Deadlines } from "../http/deadlines.ts";
import { FlowCounter } from "../core/flow.ts";
import { clientOptions } from "../http/client_options.ts";
import { type HostHeaders, hostHeadersOf } from "../http/host_headers.ts";
import type { SessionCookies } from "../http/session_cookies.ts";
import type { MediaFilter } from "../http/media_types.ts";
import type { BodySaver } from "./body_saver.ts";
import type { downloadOnce } from "./download.ts";
import type { Exchanges } from "./exchanges.ts";
import type { Leave } from "./further_requests.ts";
import type { AnswerLimiter } from "./limited_answer.ts";
import type { Answer } from "../core/answer.ts";
import type { Attempt } from "./attempt.ts";
import type { Quotas } from "./quotas.ts";
import type { ConnectionLimits, Settings } from "../core/settings.ts";

/** Milliseconds after which `optimized` starts workers if jobs are still waiting: one costs 20 ms, and must earn them. */
const WORKER_EARNED_MS = 50;

/**
 * The same when files are saved, of which one isolate saves more per second than most lines bring. Measured on two cores with
 * 10,000 files of 10 KB from the same machine: 0.54 s without a worker, 0.66 s with one; with 50,000 files no difference.
 */
const WORKER_EARNED_SAVING_MS = 3_000;

/** Options of a {@linkcode Session}. */
export interface SessionOptions {
  /** Called with the numbers of jobs whose attempts have stalled. Default: none. */
  onStalled?: (ids: number[]) => void;
  /** Called, with a line each, with what was chosen and why. Default: none. */
  explain?: (line: string) => void;
  /** Whether what has been begun may go on. Default: it always may. */
  mayGoOn?: () => boolean;
}

/** What all attempts of one isolate share, for as long as a run lasts. */
export class Session implements Disposable {
  /** How to download. */
  readonly settings: Settings;
  /** Ends every attempt, and lets no other begin. */
  readonly signal: AbortSignal;
  /** Watches the attempts in flight. */
  readonly deadlines: Deadlines;
  /** Called with what was chosen and why; does nothing by default. */
  readonly explain: (line: string) => void;
  /** Whether what has been begun may go on, in a run that machines share. Default: it always may. */
  readonly mayGoOn: (() => boolean) | undefined;
  /** Saves bodies, when there is a folder to save them to. Rejects if it can't be written. */
  readonly saver: Promise<BodySaver> | undefined;
  /** Called with the numbers of jobs that have stalled, before what the options name is. Default: none. */
  onStalled: ((ids: number[]) => void) | undefined;
  /** Says which headers only some hosts get; undefined if none gets any. */
  readonly hostHeaders: HostHeaders | undefined;
  /** The cookies of the run; undefined if each chain of redirects has its own. Rejects if they can't be read. */
  readonly cookies: Promise<SessionCookies> | undefined;
  /** Says which answers aren't wanted; undefined if all are. */
  readonly filter: Promise<MediaFilter> | undefined;
  /** What was sent, for those who archive it; undefined if nobody does. Rejects if it can't be loaded. */
  readonly exchanges: Promise<Exchanges> | undefined;
  /** Bounds how fast bodies arrive; undefined without a limit. */
  readonly limiter: Promise<AnswerLimiter> | undefined;
  /** Gives leave for further requests of a job in flight; undefined where each has one. */
  leave: Leave | undefined;
  /** What hosts have said of further requests; undefined until one does. */
  quotas: Quotas | undefined = undefined;
  /** Downloads a job once with a span; undefined where nobody wants spans. */
  traced: typeof downloadOnce | undefined;
  /** Bounds the connections of {@linkcode client}'s clients; undefined when no limit is known. */
  readonly connections: ConnectionLimit | undefined;
  readonly #clients: (Deno.HttpClient | undefined)[] = [undefined, undefined];
  /** Whether Deno's default client may be used: it can't be closed, so not once it has left connections to many hosts. */
  #hasDefault: boolean;

  /**
   * Listens to the signal.
   *
   * @param settings How to download.
   * @param signal Ends every attempt when aborted.
   * @param options Whom to tell what.
   */
  constructor(settings: Settings, signal: AbortSignal, options: SessionOptions = {}) {
    this.settings = settings;
    this.signal = signal;
    this.explain = options.explain ?? (() => {});
    this.mayGoOn = options.mayGoOn;
    this.hostHeaders = hostHeadersOf(settings);
    const { onStalled } = options;
    const { flow } = settings;
    this.deadlines = new Deadlines(settings, {
      onStalled: onStalled && ((ids) => {
        this.onStalled?.(ids);
        onStalled(ids);
      }),
      flow: flow && new FlowCounter(flow),
    });
    signal.addEventListener("abort", this.#abort);
    const { saving, proxy, caCerts, connections, byteClock, limitRate, cookies } = settings;
    this.#hasDefault = proxy === undefined && caCerts === undefined;
    if (connections) this.connections = new ConnectionLimit(halved(connections), () => this.#closeIdle());
    if (settings.accept.length + settings.reject.length > 0) {
      this.filter = import("../http/media_types.ts").then(({ MediaFilter }) => new MediaFilter(settings));
    }
    if (cookies !== undefined) {
      this.cookies = import("../http/session_cookies.ts").then(({ SessionCookies }) => new SessionCookies(cookies));
      this.cookies.catch(() => {}); // reported by each attempt that needs it
    }
    this.limiter = byteClock &&
      import("./limited_answer.ts").then(({ AnswerLimiter }) => new AnswerLimiter(byteClock, limitRate));
    if (saving === undefined) return;
    if (saving.shards?.format === "warc") {
      this.exchanges = import("./exchanges.ts").then(({ Exchanges }) => new Exchanges());
    }
    // Imported only here, because most of what it takes is for file names, and takes 12 ms to start
    this.saver = import("./open_body_saver.ts").then(({ openBodySaver }) => openBodySaver(saving, this));
    this.saver.catch(() => {}); // reported by each attempt that needs it
  }

  /**
   * Loops to download in: as many as may be in flight, and some for stalled ones, which the queue doesn't count. They
   * are opened only as there are jobs for them.
   */
  get lanes(): number {
    return this.settings.concurrency + MAX_STALLED;
  }

  /** Milliseconds that `optimized` works alone before it starts workers. */
  get workerEarnedMs(): number {
    return this.settings.output === undefined ? WORKER_EARNED_MS : WORKER_EARNED_SAVING_MS;
  }

  /**
   * The client for an attempt of a strategy that has no clients of its own: Deno's default one, unless there is a proxy or a
   * certificate authority, or connections to many hosts had to be closed. A further attempt goes over another client, and
   * so over another connection.
   *
   * @param attempt 1 for the first attempt of a job, one more for every retry.
   * @returns Undefined for Deno's default client.
   */
  client(attempt: number): Deno.HttpClient | undefined {
    if (attempt === 1 && this.#hasDefault) return undefined;
    return this.#clients[attempt % 2] ??= Deno.createHttpClient(clientOptions(this.settings));
  }

  /**
   * Notes what an answer says of further requests, for the outcome of its attempt.
   *
   * @param attempt The attempt.
   * @param answer Its answer, after all redirects.
   */
  async noteQuota(attempt: Attempt, answer: Answer): Promise<void> {
    const { Quotas } = await import("./quotas.ts");
    (this.quotas ??= new Quotas()).note(attempt, answer);
  }

  /** Stops listening to the signal, and closes what was opened. */
  [Symbol.dispose](): void {
    this.signal.removeEventListener("abort", this.#abort);
    for (const client of this.#clients) client?.close();
    this.saver?.then((saver) => saver[Symbol.dispose](), () => {});
  }

  #closeIdle(): void {
    this.#hasDefault = false;
    for (const client of this.#clients) client?.close();
    this.#clients.fill(undefined);
  }

  readonly #abort = (): void => this.deadlines.abortAll(this.signal.reason);
}

/** Half of the connections without a request is for what Deno's default client leaves behind. */
function halved({ inFlight, idle }: ConnectionLimits): ConnectionLimits {
  return { inFlight, idle: Math.max(1, Math.floor(idle / 2)) };
}
