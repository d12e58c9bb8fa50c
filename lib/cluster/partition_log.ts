/**
 * A log of each partition, in a stream of the broker, or in several that the nodes of a cluster share: appended to by whoever
 * knows its end, read by direct get.
 *
 * Every append names the last sequence number that it knows of. So of two writers that don't know of each other one is
 * refused, and what was sent before an answer got lost is found again instead of being written twice. Message ids, by which a
 * broker drops what it has, won't do: they hold for two minutes, and take other bytes under the same id for the same message.
 *
 * @module
 */

import { BrokerError, brokerError } from "./broker_error.ts";

/** Milliseconds between two looks whether an append whose answer got lost has been done. */
const LOOK_AGAIN_MS = 250;

/** What a log holds. */
export interface Logged {
  /** Its sequence number in the stream: above that of everything before it, with gaps. */
  seq: number;
  /** What was appended. */
  data: Uint8Array;
}

/** How to append. */
export interface AppendOptions {
  /** The sequence number of the last message of this partition, 0 if there is none. */
  after: number;
  /** Ends the waiting for a broker that doesn't answer. Default: it is waited for without end. */
  signal?: AbortSignal;
}

/** Which message to read: the last one of a subject, or the first one from a sequence number on. */
export type LogQuery = { last_by_subj: string } | { seq: number; next_by_subj: string };

/** What a log takes from the broker; of the client's own types, only what it uses. */
export interface LogAccess {
  /** Appends. */
  publish(
    subject: string,
    data: Uint8Array,
    options: { expect: { lastSubjectSequence: number } },
  ): Promise<{ seq: number }>;
  /** Reads; null if the broker says that there is none. */
  getMessage(stream: string, query: LogQuery): Promise<Logged | null>;
  /** How many messages a stream has of each of its subjects. */
  subjects(stream: string): Promise<Record<string, number>>;
  /** The broker's address, to be shown. */
  shown: string;
  /** Ends waiting as the connection is closed. */
  closed: AbortSignal;
}

/** The logs of all partitions. */
export class PartitionLog {
  readonly #access: LogAccess;
  readonly #streams: readonly string[];
  readonly #subject: string;

  /**
   * Makes access to logs that are there.
   *
   * @param access The broker.
   * @param streams The streams that hold them, as {@linkcode logStreams} says.
   * @param subject What their subjects begin with.
   */
  constructor(access: LogAccess, streams: readonly string[], subject: string) {
    this.#access = access;
    this.#streams = streams;
    this.#subject = subject;
  }

  /** How many messages each partition has: one request for each stream. Those without any are left out. */
  async counts(): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    for (const stream of this.#streams) {
      let subjects: Record<string, number>;
      try {
        subjects = await this.#access.subjects(stream);
      } catch (cause) {
        throw this.#error(`Looking at ${stream}`, cause);
      }
      for (const [subject, count] of Object.entries(subjects)) {
        counts.set(Number(subject.slice(subject.lastIndexOf(".") + 1)), count);
      }
    }
    return counts;
  }

  /** The last message of a partition, if it has any. */
  last(partition: number): Promise<Logged | undefined> {
    return this.#get(partition, { last_by_subj: this.#of(partition) });
  }

  /** The first message of a partition after a sequence number, if there is one. */
  next(partition: number, after: number): Promise<Logged | undefined> {
    return this.#get(partition, { seq: after + 1, next_by_subj: this.#of(partition) });
  }

  /** All messages of a partition after a sequence number, until there is none. */
  async *read(partition: number, after = 0): AsyncGenerator<Logged, void> {
    for (let logged = await this.next(partition, after); logged; logged = await this.next(partition, logged.seq)) {
      yield logged;
    }
  }

  /**
   * Appends a message once, even if the answer of the broker gets lost.
   *
   * @param partition The partition.
   * @param data The message. No other writer may append the same bytes: it is known again by them.
   * @param options After which message, and until when to try.
   * @returns Its sequence number.
   * @throws {BrokerError} `conflict` if another message is there in its place.
   */
  async append(partition: number, data: Uint8Array, options: AppendOptions): Promise<number> {
    const { after, signal } = options;
    const { closed } = this.#access;
    const ended = signal ? AbortSignal.any([signal, closed]) : closed;
    const expect = { lastSubjectSequence: after };
    while (true) {
      ended.throwIfAborted();
      try {
        return (await this.#access.publish(this.#of(partition), data, { expect })).seq;
      } catch (cause) {
        const error = this.#error(`Appending to partition ${partition}`, cause);
        if (error.kind !== "unreachable" && error.kind !== "conflict") throw error;
        const seq = await this.#find(partition, data, after, ended);
        if (seq !== undefined) return seq;
        // Refused, and yet nothing is there: the broker has lost what it confirmed before.
        if (error.kind === "conflict") throw error;
      }
      await wait(LOOK_AGAIN_MS, ended);
    }
  }

  /** Where an append of unknown fate has gone: undefined if it isn't there, and nothing else is. */
  async #find(partition: number, data: Uint8Array, after: number, ended: AbortSignal): Promise<number | undefined> {
    while (true) {
      ended.throwIfAborted();
      try {
        const there = await this.next(partition, after);
        if (there === undefined) return undefined;
        if (isSame(there.data, data)) return there.seq;
        throw new BrokerError("conflict", `Partition ${partition} has another writer on ${this.#access.shown}`);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kind !== "unreachable") throw error;
      }
      await wait(LOOK_AGAIN_MS, ended);
    }
  }

  async #get(partition: number, query: LogQuery): Promise<Logged | undefined> {
    const stream = this.#streams[partition % this.#streams.length];
    let found: Logged | null;
    try {
      found = await this.#access.getMessage(stream, query);
    } catch (cause) {
      throw this.#error(`Reading ${stream}`, cause);
    }
    return found === null ? undefined : { seq: found.seq, data: found.data };
  }

  #error(tried: string, cause: unknown): BrokerError {
    return brokerError(`${tried} on ${this.#access.shown}`, cause);
  }

  #of(partition: number): string {
    const { length } = this.#streams;
    return length === 1 ? `${this.#subject}.${partition}` : `${this.#subject}.${partition % length}.${partition}`;
  }
}

/**
 * The streams that logs are spread over, and the subjects of each. One has the name alone, as it had before there were
 * several; of several each takes the partitions that leave its number over when divided by theirs.
 *
 * @param name What their names begin with.
 * @param subject What their subjects begin with.
 * @param streams How many they are.
 */
export function logStreams(name: string, subject: string, streams: number): { name: string; subjects: string }[] {
  if (streams === 1) return [{ name, subjects: `${subject}.*` }];
  return Array.from({ length: streams }, (_, at) => ({ name: `${name}_${at}`, subjects: `${subject}.${at}.*` }));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Waits, or throws the signal's reason as soon as that is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", end);
    resolve();
  }, ms);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return promise;
}
