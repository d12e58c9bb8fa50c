/**
 * What the five strategies have in common: what they are called with, and the bookkeeping around the idea of each.
 *
 * @module
 */

import { WORKER_CONNECTIONS } from "../../constants.ts";
import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { SharedEngine } from "../core/shared_run.ts";
import type { Report, Source } from "../core/source.ts";
import { isTracing } from "../core/telemetry.ts";
import type { Send } from "../http/send.ts";
import { descriptorBudget } from "./descriptor_budget.ts";
import { downloadOnce } from "./download.ts";
import { notOurs } from "./gated_send.ts";
import { openIntake } from "./intake.ts";
import { Meter } from "../core/meter.ts";
import { openFilesLimit } from "./open_files.ts";
import { Queue } from "./queue.ts";
import { Session } from "./session.ts";
import { loadTracing } from "./tracing.ts";
import { type Settings, settle as complete, type StrategyOptions } from "../core/settings.ts";

/** A way to download many URLs. */
export interface Strategy extends StrategyTraits {
  /**
   * Downloads every URL and reports each outcome once, in whatever order they end. Never throws for a failed download.
   *
   * @param source URLs, or URLs with what is known about them, one by one or in batches; read lazily.
   * @param report Called with every outcome and the download it is of.
   * @param options How to download, and where to.
   * @throws {RangeError} For an option out of its bounds.
   * @throws {CannotWriteError} If the output folder can't be written; what was in flight has been ended then.
   * @throws What the source or `report` threw, after what was in flight has ended.
   */
  (source: Source, report: Report, options?: StrategyOptions): Promise<void>;
}

/** What there is to say about a strategy besides its idea. */
export interface StrategyTraits {
  /** What it is called. */
  readonly title: string;
  /** Its idea in a few words. */
  readonly about: string;
  /** Requests in flight at most when nobody says otherwise. */
  readonly concurrency: number;
  /** Requests in flight that it can be asked for at most. Default: no limit. */
  readonly maxConcurrency?: number;
  /** Whether it has pools that can be tuned: how many, of how many clients, speaking what. Default: false. */
  readonly pools?: boolean;
  /** Whether its connections are its own, and not those of HttpClients. Default: false. */
  readonly ownConnections?: boolean;
  /** Whether each request in flight has an isolate of its own. Default: false. */
  readonly threads?: boolean;
}

/** What a strategy works with besides its jobs. */
export interface Run {
  /**
   * Downloads a job once, and settles it: the same for all strategies, so that comparing them is fair.
   *
   * @param job The job.
   * @param send What sends its requests, for example `fetch`: the one thing in which strategies differ.
   */
  download(job: Job, send: Send): Promise<void>;
  /** Jobs to have in flight at most, with those that take the place of stalled ones. The queue hands out no more. */
  readonly concurrency: number;
  /** What the attempts of this isolate share. */
  readonly session: Session;
}

/** The idea of a strategy: gets every job from `jobs`, and downloads it. */
export type Idea = (jobs: Queue, run: Run) => Promise<void>;

/**
 * Makes a strategy of an idea.
 *
 * @param traits Its name and its limits.
 * @param idea How jobs get downloaded.
 * @returns The strategy.
 */
export function strategy(traits: StrategyTraits, idea: Idea): Strategy {
  return Object.assign(
    async (given: Source, report: Report, options: StrategyOptions = {}): Promise<void> => {
      const source = options.name === undefined ? given : await named(given, options);
      const { settings, connections } = withinDescriptors(complete(options, traits), traits);
      using ending = new Ending(options.signal);
      const { signal, abort } = ending;
      const { shared } = options;
      if (shared) settings.workers = 1; // only the isolate that renews the lease knows whether it still holds
      using intake = await openIntake(settings, { say: options.say, signal, shared });
      const { enter, saving } = intake;
      const byteClock = settings.limitRate === Infinity
        ? undefined
        : (await import("../http/byte_rate.ts")).makeByteClock();
      const meter = options.meter ?? new Meter();
      const tracing = isTracing() ? await loadTracing() : undefined;
      using trace = tracing && new tracing.TracedRun(traits.title);
      const jobs = new Queue(trace?.source(source) ?? source, trace?.report(report) ?? report, {
        ...settings,
        connections,
        signal,
        abort,
        enter,
        meter,
        shared,
      });
      meter.queue = () => jobs.state;
      const onStalled = (ids: number[]) => jobs.stalled(ids);
      using session = new Session(
        { ...settings, saving, byteClock, flow: meter.flow, connectionCounts: meter.connections },
        signal,
        {
          onStalled,
          explain: options.explain,
          mayGoOn: shared && (() => shared.mayGoOn()),
        },
      );
      session.traced = tracing?.tracedDownload;
      const once = session.traced ?? downloadOnce;
      shared?.begin(controlOf(jobs, session));
      const settle = (outcome: Outcome) => jobs.settle(outcome);
      const download = (job: Job, send: Send) => once(job, session, send).then(settle);
      await idea(jobs, { download, concurrency: session.lanes, session });
      jobs.close();
    },
    traits,
  );
}

/** Gives names to what a source has. */
async function named(source: Source, { name = "", output }: StrategyOptions): Promise<Source> {
  if (output === undefined) throw new TypeError("Option name needs an output to name files in: name it");
  const { NameTemplate } = await import("../core/name_template.ts");
  try {
    return new NameTemplate(name).named(source);
  } catch (cause) {
    throw new TypeError(`Option name takes ${(cause as Error).message}: it is ${name}`, { cause });
  }
}

/** What a run that machines share asks of the queue, and of what is in flight. */
function controlOf(jobs: Queue, session: Session): SharedEngine {
  return {
    withdraw: (partition) => jobs.withdraw(partition),
    abort: (ids) => session.deadlines.abort(new Set(ids), notOurs()),
    exportHosts: (partition) => jobs.exportHosts(partition),
    importHosts: (partition, states) => jobs.importHosts(partition, states),
    wake: () => jobs.wake(),
  };
}

/**
 * Has a run need no more file descriptors than there are.
 *
 * @returns The settings for each isolate, and how many downloads may be in flight in all of them together.
 */
function withinDescriptors(settings: Settings, { pools, threads, ownConnections }: StrategyTraits) {
  const limit = openFilesLimit();
  if (limit === Infinity) return { settings, connections: Infinity };
  const { concurrency, workers, http, output } = settings;
  const isolates = threads ? 1 + concurrency : pools ? workers : 1;
  const budget = descriptorBudget(limit, { isolates, isSaving: output !== undefined });
  // An isolate that only starts threads downloads nothing itself
  const sharers = threads ? Math.max(1, budget.isolates - 1) : budget.isolates;
  const each = (total: number) => Math.max(1, Math.floor(total / sharers));
  const worker = {
    inFlight: Math.min(each(budget.inFlight), ownConnections ? WORKER_CONNECTIONS : Infinity),
    idle: each(budget.idle),
  };
  // Over HTTP/2 a connection carries many downloads, so what limits connections mustn't limit those; files do
  const mayShare = pools && (http === "auto" || http === 2) && output === undefined;
  return {
    settings: {
      ...settings,
      concurrency: threads ? Math.min(concurrency, sharers) : concurrency,
      workers: pools ? budget.isolates : workers,
      connections: { ...worker, inFlight: Math.max(1, budget.inFlight - (sharers - 1) * worker.inFlight) },
      workerConnections: worker,
    },
    connections: mayShare ? Infinity : budget.inFlight,
  };
}

/** A signal that ends a run, whether the caller's does or the run itself. */
class Ending implements Disposable {
  readonly #aborter = new AbortController();
  readonly #outer: AbortSignal | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener("abort", this.#abortToo);
    if (outer?.aborted) this.#abortToo();
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  readonly abort = (reason: unknown): void => this.#aborter.abort(reason);

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#abortToo);
  }

  readonly #abortToo = (): void => this.#aborter.abort(this.#outer?.reason);
}
