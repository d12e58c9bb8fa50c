/**
 * The last requests, for a test to look up what a client did.
 *
 * @module
 */

import type { AccessLogEntry } from "./access_log.ts";

/** Requests that a journal may hold at most: some 30 MB. */
export const MAX_JOURNAL = 100_000;

/** Which requests to show. What is absent doesn't matter. */
export interface JournalFilter {
  /** The path with its query, or without; with a `*` at its end, what it begins with. */
  path?: string;
  /** The method. */
  method?: string;
  /** The status. */
  status?: number;
  /** The client's address. */
  client?: string;
}

/** Holds the last requests, and forgets those before. */
export class Journal {
  /** How many requests it holds at most. */
  readonly size: number;
  #entries: AccessLogEntry[] = [];
  #next = 0;

  /** Starts empty, for so many requests, 1 or more. */
  constructor(size: number) {
    this.size = size;
  }

  /** Adds a request. */
  note(entry: AccessLogEntry): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.size;
  }

  /** Forgets all requests. */
  clear(): void {
    this.#entries = [];
    this.#next = 0;
  }

  /** The requests that a filter lets through, the oldest first. */
  find({ path, method, status, client }: JournalFilter): AccessLogEntry[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder.filter((entry) =>
      (path === undefined || matches(entry.path, path)) &&
      (method === undefined || entry.method === method.toUpperCase()) &&
      (status === undefined || entry.status === status) &&
      (client === undefined || entry.address === client)
    );
  }
}

function matches(path: string, wanted: string): boolean {
  if (wanted.endsWith("*")) return path.startsWith(wanted.slice(0, -1));
  return path === wanted || path.split("?")[0] === wanted;
}
