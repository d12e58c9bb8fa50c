/**
 * The log of what became of a partition's downloads, which is the only truth about it. One owner at a time appends to it, each
 * entry after the last one that it knows of: once somebody else has taken the partition, a former owner's entry is refused.
 *
 * @module
 */

import type { Outcome } from "../core/outcome.ts";
import type { HostStates } from "../core/shared_run.ts";
import { encodeEntry, type Entry, type Numbered } from "./outcome_entry.ts";
import type { PartitionLog } from "./partition_log.ts";
import type { PartitionState } from "./partition_state.ts";

export { readOutcomes } from "./read_outcomes.ts";

/** Milliseconds after which outcomes are appended: what a killed machine fetched in them is fetched again. */
const BATCH_MS = 200;

/** Outcomes that are appended at once. */
const BATCH_OUTCOMES = 256;

/** Characters of a batch's outcomes at most, but for the last of them: as those of a chunk. */
const BATCH_CHARACTERS = 262_144;

/** Entries after which a snapshot is written: at most so many, of some milliseconds each, are read when it is taken. */
const SNAPSHOT_ENTRIES = 128;

/** What a writer begins with, as taking the partition has found it. */
export interface WriterStart {
  /** The revision of the partition's owner. */
  epoch: number;
  /** The sequence number of the log's last entry. */
  after: number;
  /** The sequence number of the last snapshot, 0 if there is none. */
  since: number;
  /** Entries since then. */
  entries: number;
  /** What the entries come to. */
  state: PartitionState;
}

/** How a writer works. */
export interface WriterOptions {
  /** What is known of the partition's hosts now. Default: nothing. */
  hosts?: () => HostStates;
  /** Called once when it can't go on: `conflict` if somebody else has taken the partition. */
  onLost?: (error: unknown) => void;
  /** Ends the waiting for a broker that doesn't answer. Default: it is waited for without end. */
  signal?: AbortSignal;
}

/** Appends the outcomes of a partition while it is owned: every 200 ms or 256 outcomes, one append at a time. */
export class OutcomesWriter {
  readonly #log: PartitionLog;
  readonly #partition: number;
  readonly #options: WriterOptions;
  readonly #state: PartitionState;
  readonly #epoch: number;
  #after: number;
  #since: number;
  #entries: number;
  #number = 0;
  #waiting: Numbered[] = [];
  #sending: Numbered[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> | undefined;
  #failure: { cause: unknown } | undefined;
  /** Whether a host has shown something that no entry has yet. */
  #hasNews = false;
  #isEnding = false;

  /**
   * Makes a writer of a partition that has just been taken.
   *
   * @param log The logs of all partitions.
   * @param partition The partition.
   * @param start What taking it has found.
   * @param options How it works.
   */
  constructor(log: PartitionLog, partition: number, start: WriterStart, options: WriterOptions = {}) {
    this.#log = log;
    this.#partition = partition;
    this.#options = options;
    this.#state = start.state;
    this.#epoch = start.epoch;
    this.#after = start.after;
    this.#since = start.since;
    this.#entries = start.entries;
  }

  /** What has been appended comes to. */
  get state(): PartitionState {
    return this.#state;
  }

  /** What isn't confirmed yet, and after a loss has to be appended by whoever takes the partition next here. */
  get unreported(): readonly Numbered[] {
    return [...this.#sending, ...this.#waiting];
  }

  /**
   * Takes an outcome, to be appended soon.
   *
   * @param number The download's number within the partition.
   * @param outcome How it ended.
   */
  add(number: number, outcome: Outcome): void {
    this.#waiting.push([number, outcome]);
    if (this.#failure) return;
    if (this.#waiting.length >= BATCH_OUTCOMES) this.#appendSoon();
    else this.#timer ??= setTimeout(() => this.#appendSoon(), BATCH_MS);
  }

  /** Notes that a host has shown what whoever takes the partition next must know, to be appended soon. */
  noteHosts(): void {
    this.#hasNews = true;
    if (!this.#failure && !this.#isEnding) this.#timer ??= setTimeout(() => this.#appendSoon(), BATCH_MS);
  }

  /**
   * Appends all that was added.
   *
   * @throws What keeps it from that; then {@linkcode unreported} has it.
   */
  async flush(): Promise<void> {
    while ((this.unreported.length > 0 || this.#work) && !this.#failure) {
      this.#appendSoon();
      await this.#work;
    }
    if (this.#failure) throw this.#failure.cause;
  }

  /**
   * Appends all that was added, and what whoever takes the partition next has to know: nothing may be added from then on.
   *
   * @throws What keeps it from that; then {@linkcode unreported} has what was added.
   */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.flush();
    clearTimeout(this.#timer);
    if (this.#entries > 1 || Object.keys(this.#options.hosts?.() ?? {}).length > 0) await this.#snapshot();
    this.stop();
  }

  /** Appends nothing more; what hasn't gone stays in {@linkcode unreported}. */
  stop(): void {
    this.#failure ??= { cause: new Error(`Partition ${this.#partition} isn't owned any more`) };
    clearTimeout(this.#timer);
  }

  /** Appends what there is, after what is being appended. */
  #appendSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work ??= this.#appendFull().catch((cause) => {
      if (this.#failure) return;
      this.#failure = { cause };
      clearTimeout(this.#timer);
      this.#options.onLost?.(cause);
    }).finally(() => {
      this.#work = undefined;
    });
  }

  /** One batch in any case, and then all that are full. */
  async #appendFull(): Promise<void> {
    do await this.#append(); while (this.#waiting.length >= BATCH_OUTCOMES);
    if (this.#waiting.length > 0 && !this.#failure) this.#timer ??= setTimeout(() => this.#appendSoon(), BATCH_MS);
  }

  async #append(): Promise<void> {
    if (this.#failure) throw this.#failure.cause;
    const outcomes = this.#cut();
    const hasNews = this.#hasNews;
    if (outcomes.length === 0 && !hasNews) return;
    this.#hasNews = false;
    this.#sending = outcomes;
    const { finished } = this.#state;
    const fresh = outcomes.filter(([number]) => !finished.has(number));
    const totals = { ...this.#state.totals };
    for (const [, { result, bytes }] of fresh) {
      totals[result]++;
      totals.bytes += bytes;
    }
    const figures = this.#state.figures.with(fresh.map(([, outcome]) => outcome));
    const batch = { kind: "batch", ...this.#next(), outcomes: fresh, totals, figures } as const;
    if (fresh.length > 0 || hasNews) await this.#put(batch);
    this.#state.apply(batch);
    this.#sending = [];
    if (this.#entries >= SNAPSHOT_ENTRIES) await this.#snapshot();
  }

  async #snapshot(): Promise<void> {
    const { finished, totals, figures } = this.#state;
    await this.#put({ kind: "snapshot", ...this.#next(), finished, totals, figures });
    this.#since = this.#after;
    this.#entries = 0;
  }

  #next() {
    const { hosts = () => ({}) } = this.#options;
    return { epoch: this.#epoch, since: this.#since, number: this.#number++, hosts: hosts() };
  }

  async #put(entry: Entry): Promise<void> {
    const { signal } = this.#options;
    this.#after = await this.#log.append(this.#partition, encodeEntry(entry), { after: this.#after, signal });
    this.#entries++;
  }

  /** Takes as many outcomes as go into a batch. */
  #cut(): Numbered[] {
    let count = 0;
    for (let characters = 0; count < this.#waiting.length && count < BATCH_OUTCOMES; count++) {
      if (characters > BATCH_CHARACTERS) break;
      characters += JSON.stringify(this.#waiting[count]).length;
    }
    return this.#waiting.splice(0, count);
  }
}

/** Where to read a log from: a snapshot says so of itself only by where it stands. */
export function sinceOf(seq: number, entry: Entry): number {
  return entry.kind === "snapshot" ? seq : entry.since;
}
