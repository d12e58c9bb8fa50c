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
import {
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from "@nats-io/transport-node";
import { BrokerError, brokerError } from "./broker_error.ts";
import type { BrokerAddress } from "./broker_address.ts";
import { type KeyAccess, KeyValues } from "./key_values.ts";
import { type LogAccess, PartitionLog } from "./partition_log.ts";
import { checkRunName, checkShape, PARTITIONS, readShape, type RunShape, writeShape } from "./run_shape.ts";
import { DenoTransport } from "./transport.ts";

/** Milliseconds after which a session that hasn't been renewed is gone at the broker. */
export const LIVE_TTL_MS = 15_000;

/** Milliseconds that an answer of the broker is waited for: a session has time for several tries before it must stop. */
const ANSWER_MS = 2_000;

/** Milliseconds between two attempts to connect again. */
const RECONNECT_MS = 250;

/** The bucket of all runs. */
const RUNS = "download_runs";

/** How to connect. */
export interface ConnectOptions {
  /** What a credentials file says. Default: none. */
  credentials?: Uint8Array;
  /** Certificates to trust besides, as PEM. Default: the system's. */
  caCert?: string;
  /** Milliseconds that an answer is waited for. Default: 2,000. */
  answerMs?: number;
  /** Milliseconds after which a session is gone. Default: 15,000; every machine of a run must have the same. */
  liveTtlMs?: number;
}

/** What a run keeps at the broker. */
export interface Run {
  /** Its name. */
  readonly name: string;
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
      const js = jetstream(connection, { timeout: answerMs });
      const jsm = await jetstreamManager(connection, { timeout: answerMs });
      return new Broker(connection, js, jsm, { shown, liveTtlMs });
    } catch (cause) {
      await connection.close();
      throw brokerError(`Asking the broker ${shown} for JetStream`, cause);
    }
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
      const { partitions = PARTITIONS, replicas = 1, settings } = shape;
      const value = writeShape({ partitions, replicas, settings });
      // The streams first: a run that can be found is whole.
      await this.#open(name, replicas);
      try {
        await runs.write(name, value, undefined);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kind !== "conflict") throw error;
      }
      there = await runs.get(name);
      if (there === undefined) throw new BrokerError("missing", `The run ${name} was removed from ${this.#shown}`);
    }
    const { partitions, replicas, settings } = readShape(name, there.value);
    return { name, partitions, settings, shown: this.#shown, ...await this.#open(name, replicas) };
  }

  async #open(name: string, replicas: number): Promise<Omit<Run, "name" | "partitions" | "settings" | "shown">> {
    return {
      jobs: await this.#log(name, "jobs", replicas),
      outcomes: await this.#log(name, "outcomes", replicas),
      live: await this.#bucket(`${name}_live`, { replicas, ttlMs: this.#liveTtlMs }),
      owners: await this.#bucket(`${name}_owners`, { replicas }),
    };
  }

  async #log(run: string, what: "jobs" | "outcomes", replicas: number): Promise<PartitionLog> {
    const name = `${run}_${what}`;
    const subject = `download.${run}.${what}`;
    await this.#jsm.streams.add({
      name,
      subjects: [`${subject}.*`],
      num_replicas: replicas,
      // What doesn't fit is refused: by default the oldest messages would make room, and with them downloads be lost.
      discard: "new",
      allow_direct: true,
    });
    const access: LogAccess = {
      publish: (...message) => this.#js.publish(...message),
      getMessage: (...message) => this.#jsm.direct.getMessage(...message),
      shown: this.#shown,
      closed: this.#closed.signal,
    };
    return new PartitionLog(access, name, subject);
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
      subjects: async (stream, filter) =>
        Object.keys((await streams.info(stream, { subjects_filter: filter })).state.subjects ?? {}),
    };
    return new KeyValues(access, name, this.#shown);
  }
}

function connectionOptions(address: BrokerAddress, options: ConnectOptions): ConnectionOptions {
  const { credentials, caCert, answerMs = ANSWER_MS } = options;
  const { login, server, isTls } = address;
  return {
    servers: server,
    name: "download.ts",
    timeout: answerMs,
    maxReconnectAttempts: -1,
    resolve: false, // Deno resolves names itself, and tries every address
    reconnectTimeWait: RECONNECT_MS,
    // A broker that starts may know its users a moment later; that mustn't end the connection for good.
    ignoreAuthErrorAbort: true,
    // A dead connection (a cable pulled) is found within 4 s, long before a session must stop.
    pingInterval: 2_000,
    maxPingOut: 2,
    ...(isTls || caCert ? { tls: caCert ? { ca: caCert } : {} } : {}),
    ...(credentials ? { authenticator: credsAuthenticator(credentials) } : {}),
    ...(login && "token" in login ? { token: login.token } : login ? { user: login.user, pass: login.password } : {}),
  };
}
