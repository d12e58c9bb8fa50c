/**
 * A few keys with their values at the broker, changed by revision only: of two that change one at once, one is refused.
 *
 * @module
 */

import { type BrokerError, brokerError } from "./broker_error.ts";

/** A key's value. */
export interface KeyValue {
  /** What was written. */
  value: Uint8Array;
  /** Which change of the bucket that was: what the next one has to name. */
  revision: number;
}

/** Called with a key, its value and its revision. */
export type KeyChange = (key: string, value: Uint8Array, revision: number) => void;

/** What keys take from the broker; of the client's own types, only what they use. */
export interface KeyAccess {
  /** Reads a key; null if the broker says that there is none. */
  get(key: string): Promise<KeyValue & { operation: string } | null>;
  /** Makes a key. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Changes a key. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  /** Removes a revision. */
  deleteMessage(stream: string, revision: number): Promise<unknown>;
  /** Says what is there, and each change, until the signal is aborted or the connection lost. */
  watch(onChange: KeyChange, signal: AbortSignal): Promise<void>;
  /** The subjects that a stream has messages of. */
  subjects(stream: string, filter: string): Promise<string[]>;
}

/** The keys of one bucket. */
export class KeyValues {
  readonly #access: KeyAccess;
  readonly #bucket: string;
  readonly #shown: string;

  /**
   * Makes access to a bucket that is there.
   *
   * @param access The broker.
   * @param bucket The bucket's name.
   * @param shown The broker's address, to be shown.
   */
  constructor(access: KeyAccess, bucket: string, shown: string) {
    this.#access = access;
    this.#bucket = bucket;
    this.#shown = shown;
  }

  /**
   * Reads a key.
   *
   * @param key Its name.
   * @returns Its value; undefined if the broker says that there is none, and only then.
   * @throws {BrokerError} If the broker says nothing, or something else.
   */
  async get(key: string): Promise<KeyValue | undefined> {
    const entry = await this.#try(`Reading ${key}`, () => this.#access.get(key));
    if (entry === null || entry.operation !== "PUT") return undefined;
    return { value: entry.value, revision: entry.revision };
  }

  /**
   * Writes a key.
   *
   * @param key Its name.
   * @param value Its value.
   * @param after The revision that it is changed from; undefined for a key that there isn't yet.
   * @returns The new revision.
   * @throws {BrokerError} `conflict` if it isn't at that revision any more; `unreachable` if it may have been written or not.
   */
  write(key: string, value: Uint8Array, after: number | undefined): Promise<number> {
    return this.#try(
      `Writing ${key}`,
      () => after === undefined ? this.#access.create(key, value) : this.#access.update(key, value, after),
    );
  }

  /**
   * Removes a key for good, without a mark in its place.
   *
   * @param revision Which one: a later value stays.
   */
  async remove(revision: number): Promise<void> {
    await this.#try("Removing a key", () => this.#access.deleteMessage(this.#stream, revision));
  }

  /**
   * Watches all keys: what they are, and each change.
   *
   * @param onChange Called with each, perhaps late.
   * @param signal Ends it.
   * @returns When it has ended, for whatever reason.
   * @throws {BrokerError} If the broker refuses.
   */
  watch(onChange: KeyChange, signal: AbortSignal): Promise<void> {
    return this.#try("Watching keys", () => this.#access.watch(onChange, signal));
  }

  /** The names of all keys. */
  async names(): Promise<string[]> {
    const prefix = `$KV.${this.#bucket}.`;
    const subjects = await this.#try("Listing keys", () => this.#access.subjects(this.#stream, `${prefix}>`));
    return subjects.map((subject) => subject.slice(prefix.length));
  }

  get #stream(): string {
    return `KV_${this.#bucket}`;
  }

  async #try<T>(tried: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw this.#error(tried, cause);
    }
  }

  #error(tried: string, cause: unknown): BrokerError {
    return brokerError(`${tried} in ${this.#bucket} on ${this.#shown}`, cause);
  }
}
