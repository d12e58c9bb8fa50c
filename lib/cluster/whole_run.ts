/**
 * How a whole run stands, seen from any machine, at any time, also afterwards: what was found and what became of it, which
 * machines work on which partitions, and which hosts hold it up.
 *
 * The last entry of each partition's log says what all its outcomes come to, so a look takes a few requests for each
 * partition, and nothing of what is there is held. A former owner's append was refused by the broker, and so is in no log.
 *
 * @module
 */

import type { FailureKind } from "../core/outcome.ts";
import type { HostStates } from "../core/shared_run.ts";
import type { Run } from "./broker.ts";
import { decodeChunk } from "./chunk.ts";
import { Figures } from "./figures.ts";
import { decodeEntry, type Totals } from "./outcome_entry.ts";
import { sinceOf } from "./outcomes_log.ts";
import { readOwner } from "./owner_key.ts";
import { PartitionState } from "./partition_state.ts";
import { patientLog, patiently } from "./patiently.ts";
import { type Machine, named, readAbout } from "./run_machines.ts";
import { type StalledHost, stalledHosts } from "./stalled_hosts.ts";

/** Partitions that are read at once. */
const READ_AT_ONCE = 32;

/** How a run stands. `found = done + skipped + failed + what has no outcome yet`, always. */
export interface WholeRun {
  /** Its name. */
  name: string;
  /** How many partitions it has. */
  partitions: number;
  /** Downloads that are published. */
  found: number;
  /** Whether those are all of the list. */
  isPublished: boolean;
  /** Whether all of the list have an outcome. */
  isFinished: boolean;
  /** What the outcomes come to. */
  totals: Totals;
  /** What they come to besides. */
  figures: Figures;
  /** Failures by kind, the most frequent first. */
  failures: { kind: FailureKind; count: number; example: { url: string; message: string } }[];
  /** Seconds from the start of the first request to the end of the last download, by the clocks of the machines. */
  seconds: number;
  /** Downloads that ended per second since the look before; at the first look, of the whole run so far. */
  perSecond: number;
  /** The same of bytes. */
  bytesPerSecond: number;
  /** Machines whose sessions live, in the order of their names. */
  machines: Machine[];
  /** Partitions that aren't finished, and that no living session has. */
  free: number;
  /** Hosts that get no request for now. */
  stalled: StalledHost[];
}

/** A partition, as it was when it was last looked at. */
interface Seen {
  jobs: { messages: number; found: number; isWhole: boolean };
  outcomes: { messages: number; totals: Totals; figures: Figures; hosts: HostStates };
}

/** Looks at a run, as often as one likes: what hasn't changed since the look before isn't read again. */
export class RunView {
  readonly #run: Run;
  readonly #now: () => number;
  readonly #seen: Seen[];
  #before: { at: number; totals: Totals; ended: number[] } | undefined;

  /**
   * Makes a view of a run that hasn't been looked at.
   *
   * @param run The run, which may go on meanwhile.
   * @param options `now`: the time in milliseconds since the epoch, by default the machine's.
   */
  constructor(run: Run, { now = Date.now }: { now?: () => number } = {}) {
    this.#run = run;
    this.#now = now;
    this.#seen = Array.from({ length: run.partitions }, () => ({
      jobs: { messages: 0, found: 0, isWhole: false },
      outcomes: { messages: 0, totals: nothing(), figures: new Figures(), hosts: {} },
    }));
  }

  /**
   * Looks at the run.
   *
   * @param options `machines`: whether to look for machines too, a request for each partition; by default they are.
   * @returns How it stands.
   * @throws {BrokerError} If the broker doesn't say, also not a few seconds later.
   */
  async look({ machines: withMachines = true }: { machines?: boolean } = {}): Promise<WholeRun> {
    const { name, partitions } = this.#run;
    // Before what was found: of a run that goes on, never more may have ended than were found
    await this.#readOutcomes();
    const at = this.#now();
    await this.#readJobs();
    const { machines, free } = withMachines ? await this.#readMachines() : { machines: [], free: 0 };
    const sums = this.#sums();
    const ended = this.#seen.map(({ outcomes: { totals } }) => endedOf(totals));
    const rates = this.#rates({ at, ...sums, ended });
    for (const machine of machines) machine.perSecond = rates.of?.(machine.partitions);
    this.#before = { at, totals: sums.totals, ended };
    const { figures, totals, found, isPublished } = sums;
    const failures = [...figures.failures].map(([kind, { count, example }]) => ({ kind, count, example }));
    const isFinished = isPublished && endedOf(totals) === found;
    return {
      ...{ name, partitions, found, isPublished, isFinished, totals, figures, machines, free: isFinished ? 0 : free },
      failures: failures.sort((one, other) => other.count - one.count),
      seconds: secondsOf(figures),
      perSecond: rates.perSecond,
      bytesPerSecond: rates.bytesPerSecond,
      stalled: isFinished ? [] : this.#stalled(at),
    };
  }

  async #readOutcomes(): Promise<void> {
    const { outcomes } = this.#run;
    const counts = await patiently(() => outcomes.counts());
    await this.#each(async ({ outcomes: seen }, partition) => {
      const messages = counts.get(partition) ?? 0;
      if (messages === seen.messages) return;
      const state = await readState(this.#run, partition);
      Object.assign(seen, { messages, totals: state.totals, figures: state.figures, hosts: state.hosts });
    });
  }

  async #readJobs(): Promise<void> {
    const { jobs } = this.#run;
    if (this.#seen.every(({ jobs: { isWhole } }) => isWhole)) return;
    const counts = await patiently(() => jobs.counts());
    await this.#each(async ({ jobs: seen }, partition) => {
      const messages = counts.get(partition) ?? 0;
      if (messages === seen.messages) return;
      const last = await patiently(() => jobs.last(partition));
      if (last === undefined) return;
      const chunk = decodeChunk(last.data);
      const found = chunk.first + chunk.jobs.length;
      Object.assign(seen, { messages, found, isWhole: chunk.totals !== undefined });
    });
  }

  /** The machines that live, with what they have. */
  async #readMachines(): Promise<{ machines: Machine[]; free: number }> {
    const { live, owners } = this.#run;
    const had = new Map<string, number[]>();
    let unfinished = 0;
    await this.#each(async (_, partition) => {
      const there = await patiently(() => owners.get(`${partition}`));
      const owner = there && readOwner(there);
      if (owner?.isFinished) return;
      unfinished++;
      if (!owner || owner.session === "") return;
      const partitions = had.get(owner.session) ?? [];
      partitions.push(partition);
      had.set(owner.session, partitions);
    });
    const machines: Machine[] = [];
    for (const session of await patiently(() => live.names())) {
      const there = await patiently(() => live.get(session));
      if (there === undefined) continue; // it ended just now
      const partitions = (had.get(session) ?? []).sort((one, other) => one - other);
      unfinished -= partitions.length;
      machines.push({ session, name: session, ...readAbout(there.value), partitions });
    }
    return { machines: named(machines), free: unfinished };
  }

  #sums() {
    const totals = nothing();
    const figures = new Figures();
    let found = 0;
    for (const { jobs, outcomes } of this.#seen) {
      found += jobs.found;
      for (const key of ["done", "skipped", "failed", "bytes"] as const) totals[key] += outcomes.totals[key];
      figures.merge(outcomes.figures);
    }
    return { totals, figures, found, isPublished: this.#seen.every(({ jobs }) => jobs.isWhole) };
  }

  #rates(now: { at: number; totals: Totals; figures: Figures; ended: number[] }) {
    const { at, totals, figures, ended } = now;
    const before = this.#before;
    if (before === undefined) {
      const seconds = secondsOf(figures);
      const rate = (count: number) => seconds > 0 ? count / seconds : 0;
      return { perSecond: rate(endedOf(totals)), bytesPerSecond: rate(totals.bytes) };
    }
    const seconds = (at - before.at) / 1_000;
    const rate = (count: number) => seconds > 0 ? Math.max(0, count / seconds) : 0;
    const since = (partition: number) => ended[partition] - before.ended[partition];
    return {
      perSecond: rate(endedOf(totals) - endedOf(before.totals)),
      bytesPerSecond: rate(totals.bytes - before.totals.bytes),
      of: (partitions: number[]) => rate(partitions.reduce((sum, partition) => sum + since(partition), 0)),
    };
  }

  #stalled(now: number): StalledHost[] {
    return this.#seen.flatMap(({ jobs, outcomes: { hosts, totals } }, partition) =>
      jobs.isWhole && endedOf(totals) === jobs.found ? [] : [...stalledHosts(hosts, { partition, now })]
    ).sort((one, other) => one.until - other.until);
  }

  async #each(act: (seen: Seen, partition: number) => Promise<void>): Promise<void> {
    const todo = this.#seen.entries();
    const lane = async () => {
      for (const [partition, seen] of todo) await act(seen, partition);
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, lane));
  }
}

/** What the log of a partition comes to: by its last entry, or by what it follows if that is a takeover. */
async function readState({ outcomes }: Run, partition: number): Promise<PartitionState> {
  const last = await patiently(() => outcomes.last(partition));
  const state = new PartitionState();
  if (last === undefined) return state;
  const entry = decodeEntry(last.data);
  if (entry.kind !== "takeover" && entry.figures) {
    return Object.assign(state, { totals: entry.totals, figures: entry.figures, hosts: entry.hosts });
  }
  const since = sinceOf(last.seq, entry);
  for await (const { data } of patientLog(outcomes, partition, Math.max(0, since - 1))) state.apply(decodeEntry(data));
  return state;
}

function nothing(): Totals {
  return { done: 0, skipped: 0, failed: 0, bytes: 0 };
}

function endedOf({ done, skipped, failed }: Totals): number {
  return done + skipped + failed;
}

function secondsOf({ startedAt, endedAt }: Figures): number {
  return endedAt > startedAt ? (endedAt - startedAt) / 1_000 : 0;
}
