/**
 * The broker of a run on many machines, a NATS server with JetStream: connects to it, and opens what a run keeps there.
 *
 * Each run has streams and buckets of its own, so that its replicas are its own choice, and removing it removes nothing else:
 * `NAME_jobs` with what is to be downloaded, `NAME_outcomes` with what became of it, `NAME_live` with the sessions of its
 * machines, `NAME_owners` with who has which partition; and a key of all runs' bucket `download_runs` says how it is divided.
 *
 * Only runs with `--queue` may load this module: it takes packages that others don't need.
 *
 * @module
 */

import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type NatsConnection, NatsConnectionImpl, setTransportFactory } from "@nats-io/transport-node";
import { BrokerError, brokerError } from "./broker_error.ts";
import type { BrokerAddress } from "./broker_address.ts";
import { ANSWER_MS, connectionOptions, type ConnectOptions } from "./connect_options.ts";
import { type KeyAccess, KeyValues } from "./key_values.ts";
import { type LogAccess, logStreams, PartitionLog } from "./partition_log.ts";
import { checkRunName, checkShape, PARTITIONS, readShape, type RunShape, streamsFor, writeShape } from "./run_shape.ts";
import { DenoTransport } from "./transport.ts";

export type { ConnectOptions } from "./connect_options.ts";

/** Milliseconds after which a session that hasn't been renewed is gone at the broker. */
export const LIVE_TTL_MS = 15_000;

/** Bytes of a message that a broker must take: those of its default. */
const MIN_PAYLOAD = 1_048_576;

/** The bucket of all runs. */
const RUNS = "download_runs";

/** What a run keeps at the broker. */
export interface Run {
  /** Its name. */
  readonly name: string;
  /** Tells it from all others, also from one of that name that was there before, or is at another broker. */
  readonly id: string;
  /** How many partitions it has. */
  readonly partitions: number;
  /** What whoever joins has to know. */
  readonly settings: unknown;
  /** The broker's address, to be shown. */
  readonly shown: string;
  /** What is to be downloaded. */
  readonly jobs: PartitionLog;
  /** What became of it. */
  readonly outcomes: PartitionLog;
  /** The sessions that work on it. */
  readonly live: KeyValues;
  /** Who has which partition. */
  readonly owners: KeyValues;
}

/** A connection to the broker. */
export class Broker implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #shown: string;
  readonly #liveTtlMs: number;
  readonly #closed = new AbortController();

  private constructor(connection: NatsConnection, js: JetStreamClient, jsm: JetStreamManager, settings: {
    shown: string;
    liveTtlMs: number;
  }) {
    this.#connection = connection;
    this.#js = js;
    this.#jsm = jsm;
    this.#shown = settings.shown;
    this.#liveTtlMs = settings.liveTtlMs;
  }

  /**
   * Connects to a broker. Once that has worked, the connection is made again whenever it is lost.
   *
   * @param address Where it is.
   * @param options How to connect.
   * @throws {BrokerError} If it can't be reached, refuses the login, or has no JetStream.
   */
  static async connect(address: BrokerAddress, options: ConnectOptions = {}): Promise<Broker> {
    const { shown } = address;
    const { answerMs = ANSWER_MS, liveTtlMs = LIVE_TTL_MS } = options;
    let connection: NatsConnection;
    try {
      setTransportFactory({ factory: () => new DenoTransport() });
      connection = await NatsConnectionImpl.connect(connectionOptions(address, options));
    } catch (cause) {
      throw brokerError(`Connecting to the broker ${shown}`, cause);
    }
    try {
      checkPayload(connection.info?.max_payload, shown);
      const js = jetstream(connection, { timeout: answerMs });
      const jsm = await jetstreamManager(connection, { timeout: answerMs });
      return new Broker(connection, js, jsm, { shown, liveTtlMs });
    } catch (cause) {
      await connection.close();
      throw brokerError(`Asking the broker ${shown} for JetStream`, cause);
    }
  }

  /** Where it is, without credentials. */
  get shown(): string {
    return this.#shown;
  }

  /** The server's version. */
  get version(): string {
    return this.#connection.info?.version ?? "unknown";
  }

  /**
   * Opens a run, and makes it if it isn't there.
   *
   * @param name Its name: letters, digits, `_` and `-`.
   * @param shape How it is divided, if it has to be made. Default: it has to be there.
   * @returns What it keeps at the broker, divided as it was when it was made.
   * @throws {RangeError} If the shape can't be had.
   * @throws {BrokerError} `missing` if it isn't there and no shape was given.
   */
  async openRun(name: string, shape?: RunShape): Promise<Run> {
    checkRunName(name);
    if (shape) checkShape(shape, this.version);
    try {
      return await this.#openRun(name, shape);
    } catch (cause) {
      throw brokerError(`Opening the run ${name} on ${this.#shown}`, cause);
    }
  }

  /** The names of all runs that are there, in order. */
  async runNames(): Promise<string[]> {
    try {
      return (await (await this.#bucket(RUNS, { replicas: 1 })).names()).sort();
    } catch (cause) {
      throw brokerError(`Looking for runs on ${this.#shown}`, cause);
    }
  }

  /** Closes the connection; whatever waits for the broker ends. */
  async close(): Promise<void> {
    this.#closed.abort(new BrokerError("other", `The connection to ${this.#shown} has been closed`));
    await this.#connection.close();
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #openRun(name: string, shape: RunShape | undefined): Promise<Run> {
    const runs = await this.#bucket(RUNS, { replicas: shape?.replicas ?? 1 });
    let there = await runs.get(name);
    if (there === undefined) {
      if (!shape) {
        throw new BrokerError("missing", `There is no run ${name} on ${this.#shown}: give it an --input first`);
      }
      const { partitions = PARTITIONS, streams = streamsFor(partitions), replicas = 1, settings } = shape;
      const value = writeShape({ partitions, streams, replicas, settings });
      // The streams first: a run that can be found is whole.
      await this.#open(name, { streams, replicas });
      try {
        await runs.write(name, value, undefined);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kind !== "conflict") throw error;
      }
      there = await runs.get(name);
      if (there === undefined) throw new BrokerError("missing", `The run ${name} was removed from ${this.#shown}`);
    }
    const { partitions, streams, replicas, settings } = readShape(name, there.value);
    return { name, partitions, settings, shown: this.#shown, ...await this.#open(name, { streams, replicas }) };
  }

  async #open(
    name: string,
    { streams, replicas }: { streams: number; replicas: number },
  ): Promise<Omit<Run, "name" | "partitions" | "settings" | "shown">> {
    const { log: jobs, created } = await this.#log(name, "jobs", { streams, replicas });
    const { log: outcomes } = await this.#log(name, "outcomes", { streams, replicas });
    return {
      id: `${name} ${created}`,
      jobs,
      outcomes,
      live: await this.#bucket(`${name}_live`, { replicas, ttlMs: this.#liveTtlMs }),
      owners: await this.#bucket(`${name}_owners`, { replicas }),
    };
  }

  async #log(
    run: string,
    what: "jobs" | "outcomes",
    { streams, replicas }: { streams: number; replicas: number },
  ): Promise<{ log: PartitionLog; created: string }> {
    const subject = `download.${run}.${what}`;
    const each = logStreams(`${run}_${what}`, subject, streams);
    let created = "";
    for (const { name, subjects } of each) {
      const added = await this.#jsm.streams.add({
        name,
        subjects: [subjects],
        num_replicas: replicas,
        // What doesn't fit is refused: by default the oldest messages would make room, and with them downloads be lost.
        discard: "new",
        allow_direct: true,
      });
      created ||= added.created;
    }
    const access: LogAccess = {
      publish: (...message) => this.#js.publish(...message),
      getMessage: (...message) => this.#jsm.direct.getMessage(...message),
      subjects: (stream) => this.#subjects(stream, ">"),
      shown: this.#shown,
      closed: this.#closed.signal,
    };
    return { log: new PartitionLog(access, each.map(({ name }) => name), subject), created };
  }

  async #bucket(name: string, options: { replicas: number; ttlMs?: number }): Promise<KeyValues> {
    const { replicas, ttlMs } = options;
    const kv = await new Kvm(this.#js).create(name, { replicas, ttl: ttlMs, history: 1 });
    const { streams } = this.#jsm;
    const access: KeyAccess = {
      get: (key) => kv.get(key),
      create: (key, value) => kv.create(key, value),
      update: (key, value, revision) => kv.update(key, value, revision),
      deleteMessage: (stream, revision) => streams.deleteMessage(stream, revision, false),
      async watch(onChange, signal) {
        const changes = await kv.watch();
        signal.addEventListener("abort", () => changes.stop());
        if (signal.aborted) changes.stop();
        for await (const { key, value, revision, operation } of changes) {
          if (operation === "PUT") onChange(key, value, revision);
        }
      },
      subjects: async (stream, filter) => Object.keys(await this.#subjects(stream, filter)),
    };
    return new KeyValues(access, name, this.#shown);
  }

  /** How many messages a stream has of each subject. */
  async #subjects(stream: string, filter: string): Promise<Record<string, number>> {
    return (await this.#jsm.streams.info(stream, { subjects_filter: filter })).state.subjects ?? {};
  }
}

/** Refuses a broker that would refuse a chunk or a batch in the middle of a run: nothing has begun yet. */
function checkPayload(bytes: number | undefined, shown: string): void {
  if (bytes === undefined || bytes >= MIN_PAYLOAD) return;
  throw new BrokerError(
    "too-large",
    `The broker ${shown} takes messages of at most ${bytes} bytes: raise its max_payload to 1 MB, which is its default`,
  );
}
