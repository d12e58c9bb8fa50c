/**
 * Which partitions this machine has: takes those that nobody has, and hands back what is above its share.
 *
 * A former owner must never start a request once another machine has its partition. Three things see to that: a lease that
 * its holder ends before the broker does (lease.ts), the order of steps in {@linkcode Ownership.take}, and a look at the
 * session after every await that touches the broker.
 *
 * @module
 */

import type { Run } from "./broker.ts";
import { BrokerError } from "./broker_error.ts";
import type { MachinePlace } from "./machine_place.ts";
import { decodeEntry, encodeEntry, type Entry } from "./outcome_entry.ts";
import { sinceOf, type WriterStart } from "./outcomes_log.ts";
import { type Owner, readOwner, writeOwner } from "./owner_key.ts";
import { OwnersView } from "./owners_view.ts";
import { PartitionState } from "./partition_state.ts";
import type { Session } from "./session.ts";

/** A partition that is this machine's. */
export interface Held {
  /** Which one. */
  readonly partition: number;
  /** The name of the session that it was taken under: work on it goes on only as long as {@linkcode Session.check} agrees. */
  readonly session: string;
  /** What the log of its outcomes comes to, and where it ends: what a writer begins with. */
  readonly start: WriterStart;
}

/** What a machine should do about its share. */
export interface Plan {
  /** Partitions to take, the first ones first; others may be faster. */
  take: number[];
  /** How many to hand back. */
  handBack: number;
  /** Partitions that are held by the books of this machine only: to be aborted and dropped at once. */
  lost: number[];
  /** Partitions that aren't finished. */
  unfinished: number;
  /** Sessions that live. */
  sessions: number;
}

/** How a machine takes partitions. */
export interface OwnershipOptions {
  /** Called when all partitions are finished, as far as is known. Default: nothing is called. */
  onFinished?: () => void;
  /** Where the machine saves, which goes into the logs of the partitions that it takes. Default: that isn't known. */
  place?: MachinePlace;
}

/** The partitions of a run, as this machine takes and leaves them. */
export class Ownership {
  readonly #run: Run;
  readonly #session: Session;
  readonly #place: MachinePlace | undefined;
  readonly #held = new Map<number, Held>();
  readonly #view: OwnersView;

  /**
   * Makes an ownership of nothing.
   *
   * @param run The run.
   * @param session This machine's presence in it.
   * @param options Who has to know what.
   */
  constructor(run: Run, session: Session, { onFinished = () => {}, place }: OwnershipOptions = {}) {
    this.#run = run;
    this.#place = place;
    this.#session = session;
    this.#view = new OwnersView(run, () => {
      if (this.#view.isAllFinished) onFinished();
    });
  }

  /** What is held, under this session's name or one that is gone: then it has to be dropped. */
  get held(): ReadonlyMap<number, Held> {
    return this.#held;
  }

  /**
   * Takes a partition, unless somebody has it.
   *
   * The owner is read before its session is looked for: the other way round, a session that begins in between and takes the
   * partition would look as if it weren't there.
   *
   * @param partition Which one.
   * @returns It, with what its log comes to; undefined if somebody has it, or was faster.
   * @throws {SessionLostError} If this machine's own session was lost meanwhile.
   * @throws {BrokerError} If the broker doesn't say what has to be known.
   */
  async take(partition: number): Promise<Held | undefined> {
    const { name } = this.#session;
    this.#session.check(name);
    if (this.#held.has(partition)) return undefined;
    const found = await this.#run.owners.get(keyOf(partition));
    this.#session.check(name);
    if (found) this.#view.note(partition, { ...readOwner(found), revision: found.revision });
    if (found && !await this.#isFree(readOwner(found), name)) return undefined;
    const epoch = await this.#claim(partition, name, found?.revision);
    this.#session.check(name);
    if (epoch === undefined) return undefined;
    const fence = await this.#fence(partition, name, epoch);
    if (fence === undefined) return undefined;
    const { state, entries } = await this.#read(partition, name, fence);
    const now = await this.#run.owners.get(keyOf(partition));
    this.#session.check(name);
    if (now?.revision !== epoch) return undefined;
    const held: Held = {
      partition,
      session: name,
      start: { epoch, after: fence.seq, since: fence.since, entries, state },
    };
    this.#held.set(partition, held);
    return held;
  }

  /**
   * Gives a partition to whoever wants it. Nothing of it may be in flight, and its outcomes must be appended.
   *
   * @param partition Which one.
   * @param options Whether all its downloads have an outcome, so that nobody has to take it again. Default: they haven't.
   */
  async handBack(partition: number, options: { isFinished?: boolean } = {}): Promise<void> {
    const held = this.#held.get(partition);
    if (held === undefined) throw new Error(`Partition ${partition} isn't held`);
    this.#held.delete(partition);
    const { isFinished = false } = options;
    try {
      const owner: Owner = { session: "", isFinished };
      const revision = await this.#run.owners.write(keyOf(partition), writeOwner(owner), held.start.epoch);
      this.#view.note(partition, { ...owner, revision });
    } catch (error) {
      // Somebody else has it, and knows that better
      if (!(error instanceof BrokerError) || error.kind !== "conflict") throw error;
    }
  }

  /** Watches nothing any more. */
  end(): void {
    this.#view.end();
  }

  /** Forgets a partition that was lost: its owner's key is left to whoever has it now. */
  drop(partition: number): void {
    this.#held.delete(partition);
  }

  /**
   * Says what this machine's share asks for: the same number for each session that lives, rounded up.
   *
   * @returns What to do, as it looks now; taking looks again.
   */
  async plan(): Promise<Plan> {
    const { name } = this.#session;
    const owners = await this.#view.read();
    const living = new Set(await this.#run.live.names());
    this.#session.check(name);
    living.add(name);
    // A broker that lost its last moments before a power cut may have given away what it had given us
    const lost = [...this.#held.values()].filter(({ partition, session, start }) =>
      session !== name || owners[partition]?.revision !== start.epoch
    ).map(({ partition }) => partition);
    const open = owners.flatMap((owner, partition) => owner?.isFinished ? [] : [{ owner, partition }]);
    const fair = Math.ceil(open.length / living.size);
    const free = open.filter(({ owner, partition }) =>
      !this.#held.has(partition) && (!owner || owner.session === name || !living.has(owner.session))
    ).map(({ partition }) => partition);
    const held = this.#held.size - lost.length;
    const wanted = Math.max(0, fair - held);
    return {
      take: wanted > 0 ? (await this.#inOrder(free)).slice(0, wanted) : [],
      handBack: Math.max(0, held - fair),
      lost,
      unfinished: open.length,
      sessions: living.size,
    };
  }

  /**
   * Those first in which something is to do: while a list is being published, or if it has few hosts, many have nothing. And
   * from a place of its own, since machines that all began with the same one would be refused again and again.
   */
  async #inOrder(free: readonly number[]): Promise<number[]> {
    const from = Math.floor(Math.random() * free.length);
    const turned = [...free.slice(from), ...free.slice(0, from)];
    const chunks = await this.#run.jobs.counts();
    const { name } = this.#session;
    this.#session.check(name);
    // The last chunk of a partition says how many downloads it has; where it is the only one, there may be none
    const { yes = [], no = [] } = Object.groupBy(
      turned,
      (partition) => (chunks.get(partition) ?? 0) > 1 ? "yes" : "no",
    );
    return [...yes, ...no];
  }

  /** Whether an owner has left, or is definitely gone. */
  async #isFree(owner: Owner, name: string): Promise<boolean> {
    if (owner.isFinished) return false;
    // Our own name without the partition: a claim of ours whose answer got lost
    if (owner.session === "" || owner.session === name) return true;
    const living = await this.#run.live.get(owner.session);
    this.#session.check(name);
    return living === undefined;
  }

  async #claim(partition: number, name: string, revision: number | undefined): Promise<number | undefined> {
    const owner: Owner = { session: name, isFinished: false };
    try {
      const epoch = await this.#run.owners.write(keyOf(partition), writeOwner(owner), revision);
      this.#view.note(partition, { ...owner, revision: epoch });
      return epoch;
    } catch (error) {
      if (error instanceof BrokerError && error.kind === "conflict") return undefined;
      throw error;
    }
  }

  /** Appends the takeover, after which no former owner can append anything. */
  async #fence(partition: number, name: string, epoch: number): Promise<{ seq: number; since: number } | undefined> {
    while (true) {
      const last = await this.#run.outcomes.last(partition);
      this.#session.check(name);
      const entry = last && decodeEntry(last.data);
      if (entry && entry.epoch >= epoch) return undefined; // somebody has taken it after us
      const since = last && entry ? sinceOf(last.seq, entry) : 0;
      const takeover: Entry = { kind: "takeover", epoch, since, session: name, place: this.#place };
      try {
        const signal = this.#signal();
        const seq = await this.#run.outcomes.append(partition, encodeEntry(takeover), {
          after: last?.seq ?? 0,
          signal,
        });
        this.#session.check(name);
        return { seq, since };
      } catch (error) {
        this.#session.check(name);
        // The former owner has appended once more, and what it has appended counts
        if (!(error instanceof BrokerError) || error.kind !== "conflict") throw error;
      }
    }
  }

  /** Reads the log from its last snapshot up to the takeover. */
  async #read(partition: number, name: string, fence: { seq: number; since: number }) {
    const state = new PartitionState();
    let entries = 0;
    for await (const { seq, data } of this.#run.outcomes.read(partition, Math.max(0, fence.since - 1))) {
      this.#session.check(name);
      state.apply(decodeEntry(data));
      entries++;
      if (seq >= fence.seq) break;
    }
    this.#session.check(name);
    return { state, entries };
  }

  /** Aborted by when the session must have stopped, at the latest. */
  #signal(): AbortSignal {
    const ms = this.#session.nextChangeMs;
    return AbortSignal.timeout(Number.isFinite(ms) ? ms : 0);
  }
}

function keyOf(partition: number): string {
  return `${partition}`;
}
