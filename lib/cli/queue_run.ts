/**
 * A run on many machines as a command: publishes the list, if there is one, works on it together with whoever joins, and sums
 * up what the whole run came to.
 *
 * Loaded only with `--queue`, because it takes packages that other runs don't need.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Broker, Run } from "../cluster/broker.ts";
import { readCredentialsFile } from "../cluster/broker_address.ts";
import { workFor } from "../cluster/machine.ts";
import { MachineFigures } from "../cluster/machine_metrics.ts";
import { placeOf } from "../cluster/machine_place.ts";
import { findRun, type OpenBroker, openBroker } from "../cluster/open_broker.ts";
import { publish } from "../cluster/publisher.ts";
import { CommandError, UsageError } from "../core/errors.ts";
import { Meter } from "../core/meter.ts";
import { tell } from "../core/print.ts";
import type { StrategyOptions } from "../core/settings.ts";
import type { Report } from "../core/source.ts";
import { ListNames } from "../disk/list_names.ts";
import type { Strategy } from "../engine/strategy.ts";
import { Latencies } from "../metrics/latencies.ts";
import { measure } from "../metrics/measure.ts";
import { Tally } from "../metrics/summary.ts";
import { openWork, type Work } from "../source/open_source.ts";
import { readCertificates } from "./certificates.ts";
import { isSameFile } from "./distinct_files.ts";
import { readLoginFiles } from "./login_files.ts";
import type { ServedMetrics } from "./metrics.ts";
import type { RunOptions } from "./options.ts";
import type { QueueOptions } from "./queue_flags.ts";
import { checkSame, readRunSettings, runSettings } from "./queue_settings.ts";
import { showWholeProgress } from "./queue_progress.ts";
import { queueStatus } from "./queue_status.ts";
import { sumUp } from "./queue_summary.ts";
import { oldBrokerWarning } from "./queue_warning.ts";

/** How to run on many machines. */
export interface ManyOptions extends RunOptions {
  /** The run that other machines share. */
  queue: QueueOptions;
  /** Has this machine hand back what it has, and end. */
  signal: AbortSignal;
  /** Serves metrics. Default: nothing does. */
  served?: ServedMetrics;
  /** For tests, which don't wait for 15 s: milliseconds after which a session is gone. Default: 15,000. */
  goneMs?: number;
  /** For tests, which show that they would find it out: whether a machine stops itself. Default: true. */
  stopsItself?: boolean;
}

/**
 * Publishes, works, and sums up.
 *
 * @param strategy What downloads.
 * @param options What the command line says.
 * @returns The exit code, of the whole run.
 * @throws {CommandError} If the broker, the list or the folder can't be used.
 */
export async function runOnMany(strategy: Strategy, options: ManyOptions): Promise<number> {
  const { queue, goneMs, quiet, signal } = options;
  const caCert = options.cacert === undefined ? undefined : await readCertificates(options.cacert);
  await using opened = await connect(queue, { caCert, goneMs, quiet });
  const { broker } = opened;
  if (queue.status) {
    const name = queue.given.has("run") ? queue.run : undefined;
    return await queueStatus(await findRun(broker, name), { ...options, ...queue.status });
  }
  const warning = oldBrokerWarning(broker.version);
  if (warning && !quiet) tell(warning);
  const run = await open(broker, options);
  const settings = readRunSettings(run.name, run.settings, strategy);
  if (!queue.joins) checkSame(run.name, settings, runSettings(options.download));
  const { output } = options.download;
  if (settings.isSaved && output === undefined) {
    throw new UsageError(`the run ${run.name} saves files: name a folder for this machine's with --output`);
  }
  if (!settings.isSaved && output !== undefined) {
    throw new UsageError(`the run ${run.name} saves no files: leave --output out`);
  }
  const { isSaved: _, ...ofRun } = settings;
  const own = queue.given.has("concurrency") ? { concurrency: options.download.concurrency } : {};
  const caCerts = caCert === undefined ? undefined : [caCert];
  const download: StrategyOptions = {
    ...options.download,
    ...ofRun,
    ...own,
    caCerts,
    ...await readLoginFiles(options),
  };
  const { name, checksums } = options;
  await using work = queue.joins ? undefined : await openWork(options.work, { say: tell, signal, name, checksums });
  // Without the rest of the list, this machine would wait for it without end; others wait for whoever publishes it again
  const unpublished = new AbortController();
  const publishing = work && publishList(run, work, { isSaved: settings.isSaved, signal });
  publishing?.catch(() => unpublished.abort());
  const working = workOn(run, strategy, {
    ...options,
    download,
    signal: AbortSignal.any([signal, unpublished.signal]),
  });
  for (const ended of await Promise.allSettled([publishing, working])) {
    if (ended.status === "rejected") throw ended.reason;
  }
  const { json, report, failed } = options;
  const isInput = failed !== undefined && "input" in options.work && isSameFile(options.work.input, failed);
  const ended = { interrupted: signal.aborted, badLines: work?.badLines ?? 0 };
  return await sumUp(run, { json, quiet, report, failed, isInput, ...ended });
}

async function connect(
  { url, credentials }: QueueOptions,
  { caCert, goneMs, quiet }: { caCert: string | undefined; goneMs: number | undefined; quiet: boolean },
): Promise<OpenBroker> {
  return await openBroker(url, {
    credentials: credentials === undefined ? undefined : await readCredentialsFile(credentials),
    caCert,
    liveTtlMs: goneMs,
    answerMs: goneMs && goneMs / 5,
    say: quiet ? () => {} : tell,
  });
}

async function open(broker: Broker, { queue, download }: ManyOptions): Promise<Run> {
  const { run, joins, partitions, replicas } = queue;
  const shape = joins ? undefined : { partitions, replicas, settings: runSettings(download) };
  const opened = await (joins ? findRun(broker, run) : broker.openRun(run, shape)).catch((error) => {
    throw asUsage(error);
  });
  if (partitions === undefined || partitions === opened.partitions) return opened;
  throw new UsageError(
    `the run ${run} has ${opened.partitions} partitions: leave --partitions out, or give another --run`,
  );
}

/** What the command line says that can't be had. */
function asUsage(error: unknown): unknown {
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  return isUsage ? new UsageError(error.message, { cause: error }) : error;
}

/** Publishes the list; whoever ends that can have the same command go on. */
async function publishList(
  run: Run,
  work: Work,
  { isSaved, signal }: { isSaved: boolean; signal: AbortSignal },
): Promise<void> {
  const names = new ListNames();
  try {
    await publish(run, work.source, {
      signal,
      target(download) {
        const chosen = names.next(download);
        return isSaved || chosen === "duplicate" ? chosen : undefined;
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function workOn(run: Run, strategy: Strategy, options: ManyOptions): Promise<void> {
  const { download, quiet, signal, served, goneMs, stopsItself } = options;
  const meter = new Meter();
  const [tally, firstByte, total] = [new Tally(), new Latencies(), new Latencies()];
  const figures = new MachineFigures();
  served?.watch({ strategy: strategy.title, meter, tally, firstByte, total }, strategy.ownConnections);
  served?.registry.add(() => figures.collect());
  const [host, folder] = [hostname(), absolute(download.output)];
  using _progress = showWholeProgress(run, meter, { quiet });
  await workFor(run, {
    signal,
    say: tell,
    goneMs,
    stopsItself,
    figures,
    about: { host, pid: Deno.pid, folder },
    place: placeOf(host, folder),
    async download(source, send, shared) {
      const report: Report = (outcome, download) => {
        send(outcome, download);
        if (served === undefined) return;
        if (outcome.firstByteMs !== undefined) firstByte.add(outcome.firstByteMs);
        if (outcome.result === "done") total.add(outcome.totalMs);
      };
      const all = { ...download, meter, tally, report, shared, say: quiet ? undefined : tell };
      const { stopped } = await measure(strategy, source, all);
      if (stopped) throw new CommandError(stopped.why, { exitCode: stopped.exitCode });
    },
  });
}

/** Where that may be asked for: nothing depends on it. */
function hostname(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : undefined;
}

/** A folder as it can be told to others; as it was given, where its path can't be found out. */
function absolute(folder: string | undefined): string | undefined {
  try {
    return folder === undefined ? undefined : resolve(folder);
  } catch {
    return folder; // the folder that the command was started in is gone, or can't be asked for
  }
}
