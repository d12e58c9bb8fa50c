/**
 * The flags of a run on many machines, and what may go with them: who publishes the list says how it is downloaded, and who
 * joins takes that from the broker.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { integerFlag, switchFlag, textFlag } from "./flags.ts";

const MACHINES = "Many machines";

/** The run's name if nobody says otherwise. */
const RUN = "default";

/** The flags of a run on many machines. */
export const QUEUE_FLAGS = {
  queue: textFlag({
    group: MACHINES,
    value: "URL",
    about:
      "share the run with other machines through this NATS broker, nats:// or tls://, or local; without a list, join it",
  }),
  run: textFlag({ group: MACHINES, value: "NAME", about: "name of the run at the broker", defaultText: RUN }),
  "queue-credentials": textFlag({
    group: MACHINES,
    value: "FILE",
    about: "log in at the broker with this file of credentials",
  }),
  partitions: integerFlag({
    group: MACHINES,
    about: "parts that a new run is divided into, by host; at most so many machines can share it",
    min: 1,
    max: 4_096,
    defaultText: "256",
  }),
  replicas: integerFlag({
    group: MACHINES,
    about: "brokers of a cluster that keep a copy of a new run",
    min: 1,
    max: 5,
    defaultText: "1",
  }),
  status: switchFlag({ group: MACHINES, about: "only print how the run stands: machines, failures, stalled hosts" }),
  watch: switchFlag({ group: MACHINES, about: "with --status, print it again and again until the run has ended" }),
};

/** What the command line says about a run on many machines. */
export interface QueueOptions {
  /** The broker's address, with its credentials. */
  url: string;
  /** The run's name. */
  run: string;
  /** Whether there is no list, so that the run is only joined. */
  joins: boolean;
  /** The file of credentials, if one is named. */
  credentials: string | undefined;
  /** Partitions of a new run, if it says so. */
  partitions: number | undefined;
  /** Copies of a new run, if it says so. */
  replicas: number | undefined;
  /** How the run's state is asked for, if that is all. */
  status?: { watch: boolean };
  /** The flags that were given. */
  given: ReadonlySet<string>;
}

/** Machines that share a folder know all of its files, but a run may have machines with folders of their own, too. */
const HAS_ANOTHER =
  "a machine may get URLs whose files another one has: leave --queue out, also for a folder they share";

/** Flags that don't hold for a run on many machines, each with the reason. */
const REFUSED: Record<string, string> = {
  trials: "a list is what machines share: name one with --input",
  url: "a list is what machines share: name one with --input",
  "dry-run": "nothing is published by it: leave --queue out",
  "max-failures": "it counts the failures of one machine only",
  "fail-fast": "it sees the failures of one machine only",
  update: HAS_ANOTHER,
  verify: HAS_ANOTHER,
  "write-sums": "it would have the files of one machine only",
  "output-format": "machines don't know each other's shards, and so not which names are taken in them",
  "shard-size": "machines don't know each other's shards, and so not which names are taken in them",
  timeline: "it would have the requests of one machine only",
  html: "it would have the requests of one machine only",
};

/** Flags that every machine has its own of. The others are the run's. */
const OWN = new Set([
  ...["queue", "run", "queue-credentials", "output", "s3-endpoint", "state", "concurrency", "limit-rate", "segments"],
  ...["workers", "proxy", "cacert", "netrc", "cookies", "verbose", "json", "quiet"],
  ...["report", "failed", "metrics-port", "metrics-host", "metrics-linger"],
  ...["help", "version", "completions"],
]);

/**
 * Reads what a command line says about a run on many machines.
 *
 * @param flags Its flags.
 * @param line Those that were given, and whether there is a list.
 * @returns Undefined if it is no such run.
 * @throws {UsageError} For flags that don't go with it, or don't go without it.
 */
export function readQueue(
  flags: { [name in keyof typeof QUEUE_FLAGS]?: unknown } & { workers?: number },
  { given, isList }: { given: ReadonlySet<string>; isList: boolean },
): QueueOptions | undefined {
  const { queue, run = RUN, partitions, replicas, workers = 1, "queue-credentials": credentials } = flags;
  const { status = false, watch = false } = flags as { status?: boolean; watch?: boolean };
  if (queue === undefined) {
    const alone = Object.keys(QUEUE_FLAGS).find((name) => given.has(name));
    if (alone) throw new UsageError(`--${alone} is about a run on many machines: name its broker with --queue`);
    return undefined;
  }
  for (const [name, why] of Object.entries(REFUSED)) {
    if (given.has(name)) throw new UsageError(`--${name} doesn't go with --queue: ${why}`);
  }
  if (workers > 1) {
    throw new UsageError(
      "--workers must be 1 with --queue: start the command again for each core, with another --output",
    );
  }
  if (watch && !status) throw new UsageError("--watch goes with --status: it prints that again and again");
  if (status) checkStatus({ given, isList });
  const runs = isList || status ? undefined : [...given].find((name) => !OWN.has(name));
  if (runs) {
    throw new UsageError(`--${runs} is for who publishes a list with --input: who joins takes it from the broker`);
  }
  return {
    url: queue as string,
    run: run as string,
    joins: !isList,
    credentials: credentials as string | undefined,
    partitions: partitions as number | undefined,
    replicas: replicas as number | undefined,
    ...status && { status: { watch } },
    given,
  };
}

/** Flags that say whose state is printed, and how. */
const OF_STATUS = new Set([
  ...["queue", "run", "queue-credentials", "cacert", "status", "watch", "json", "report", "failed", "quiet"],
  ...["help", "version", "completions"],
]);

function checkStatus({ given, isList }: { given: ReadonlySet<string>; isList: boolean }): void {
  if (isList) throw new UsageError("--status only looks at a run: leave the list out");
  const other = [...given].find((name) => !OF_STATUS.has(name));
  if (other) throw new UsageError(`--status only looks at a run: leave --${other} out`);
}
