/**
 * A machine of a run: is present in it, takes its share of the partitions, has the engine download them, and hands back what
 * it can't finish.
 *
 * What it has is its own only as long as its session is held. So that is asked before each request, and what is in flight is
 * ended before others can take it (lease.ts).
 *
 * @module
 */

import type { SharedDownload, SharedEngine, SharedRun } from "../core/shared_run.ts";
import type { Report, Source } from "../core/source.ts";
import type { Run } from "./broker.ts";
import { BrokerError } from "./broker_error.ts";
import { Feed } from "./feed.ts";
import { KeptOutcomes } from "./kept_outcomes.ts";
import { MachineFigures } from "./machine_metrics.ts";
import type { MachinePlace } from "./machine_place.ts";
import { OutcomesWriter } from "./outcomes_log.ts";
import { type Held, Ownership } from "./ownership.ts";
import { PartitionWork, type WorkDownload } from "./partition_work.ts";
import { Session, SessionLostError } from "./session.ts";
import { SessionKeeper } from "./session_keeper.ts";

/** Partitions that are taken at the same time: taking one asks the broker some seven times. */
const TAKEN_AT_ONCE = 16;

/** Milliseconds that downloads in flight have to end when their partition is handed back, before they are aborted. */
const DRAIN_MS = 10_000;

/** Milliseconds between two looks whether they have ended. */
const LOOK_MS = 20;

/** Milliseconds that a machine which ends gives the broker to take what it hands back. */
const LEAVE_MS = 5_000;

/** How a machine works. */
export interface MachineOptions<T> {
  /** Downloads what a source gives, and reports each outcome: a strategy, with all of its options but `shared`. */
  download: (source: Source, report: Report, shared: SharedRun) => Promise<T>;
  /** Has it hand back what it has, and end. Default: it ends with the run. */
  signal?: AbortSignal;
  /** Called with a line when it has to wait for the broker. Default: none. */
  say?: (line: string) => void;
  /** What others may know of it, as plain data. Default: nothing. */
  about?: unknown;
  /** Where it saves: goes with the outcomes of what it downloads. Default: that isn't known. */
  place?: MachinePlace;
  /** Where it notes what it has. Default: nowhere. */
  figures?: MachineFigures;
  /** Milliseconds after which its session is gone without a renewal: as the broker was connected with. Default: 15,000. */
  goneMs?: number;
  /** Whether it stops itself before others can take what it has. Off only to show that tests find that out. Default: true. */
  stopsItself?: boolean;
}

/**
 * Works for a run until the whole run has ended.
 *
 * @param run The run.
 * @param options How.
 * @returns What `download` returned.
 * @throws {BrokerError} If the broker refuses what has to be done. What this machine had goes to others.
 * @throws What `download` throws, after what this machine had was handed back.
 */
export async function workFor<T>(run: Run, options: MachineOptions<T>): Promise<T> {
  return await new Machine(run, options).work();
}

class Machine<T> implements SharedRun {
  readonly #run: Run;
  readonly #options: MachineOptions<T>;
  readonly #session: Session;
  readonly #keeper: SessionKeeper;
  readonly #ownership: Ownership;
  readonly #works = new Map<number, PartitionWork>();
  readonly #figures: MachineFigures;
  readonly #kept = new KeptOutcomes();
  readonly #feed: Feed;
  readonly #begun = Promise.withResolvers<void>();
  /** Ends what waits in this machine's loops. */
  readonly #ending = new AbortController();
  #engine: SharedEngine | undefined;
  /** The name under which all that is held was taken. */
  #name = "";
  #tenures = 0;
  #isEnding = false;
  #isOver = false;
  #isBalancing = false;
  #mustBalance = false;
  #failure: { cause: unknown } | undefined;
  #leaving: Promise<void> | undefined;

  constructor(run: Run, options: MachineOptions<T>) {
    this.#run = run;
    this.#options = options;
    const { about, place, goneMs, figures = new MachineFigures() } = options;
    this.#figures = figures;
    this.#session = new Session(run.live, { about, goneMs });
    this.#keeper = new SessionKeeper(this.#session, {
      signal: this.#ending.signal,
      onRenewed: () => this.#onRenewed(),
      onLost: () => this.#loseAll(),
      onWaiting: (ms) => options.say?.(`waiting for the broker at ${run.shown} since ${Math.floor(ms / 1_000)} s`),
    });
    this.#ownership = new Ownership(run, this.#session, { onFinished: () => void this.#balance(), place });
    const works = this.#works;
    this.#feed = new Feed(() => ({ size: works.size, [Symbol.iterator]: () => works.values() }));
  }

  async work(): Promise<T> {
    const { signal } = this.#options;
    const stop = () => void this.#leave();
    signal?.addEventListener("abort", stop);
    try {
      return await this.#work();
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async #work(): Promise<T> {
    const downloading = this.#options.download(this.#feed, this.#report, this);
    await Promise.race([this.#begun.promise, downloading]);
    const renewing = this.#keeper.keep().catch((cause) => this.#fail(cause));
    if (this.#options.signal?.aborted) void this.#leave();
    const [ended] = await Promise.allSettled([downloading]);
    await this.#leave();
    await renewing;
    await this.#session.leave().catch(ignoreUnreachable);
    if (ended.status === "rejected") throw ended.reason;
    if (this.#failure) throw this.#failure.cause;
    return ended.value;
  }

  get id(): string {
    return this.#run.id;
  }

  begin(engine: SharedEngine): void {
    this.#engine = engine;
    this.#begun.resolve();
  }

  mayStart(): boolean {
    if (this.#options.stopsItself === false) return true;
    const { state, name } = this.#session;
    if (state === "held" && name === this.#name) return true;
    // The first thing to run after the machine was asleep may be this: what waits for a connection mustn't start either
    if (state !== "draining" && this.#works.size > 0) queueMicrotask(() => this.#keeper.stopIfLost());
    return false;
  }

  mayGoOn(): boolean {
    if (this.#options.stopsItself === false) return true;
    const { state, name } = this.#session;
    if ((state === "held" || state === "draining") && name === this.#name) return true;
    queueMicrotask(() => this.#keeper.stopIfLost());
    return false;
  }

  isOurs(download: SharedDownload): boolean {
    const { partition, tenure } = download as WorkDownload;
    const work = this.#works.get(partition);
    return work !== undefined && work.tenure === tenure && !work.isLeaving;
  }

  onHostNews(partition: number): void {
    this.#works.get(partition)?.writer.noteHosts();
  }

  /** Takes an outcome. What only this machine failed at isn't one: others try it again. */
  readonly #report: Report = (outcome, download) => {
    const { partition, number, listId, tenure } = download as WorkDownload;
    if (outcome.result === "failed") {
      if (outcome.kind === "cannot-write") this.#isEnding = true;
      if (this.#isEnding) return;
      if (outcome.kind === "aborted") return this.#giveUp(partition, tenure);
    }
    const ended = { ...outcome, id: listId };
    const work = this.#works.get(partition);
    if (work === undefined || work.tenure !== tenure) return this.#kept.add(partition, [[number, ended]]);
    work.end(number, ended);
    this.#onChange(work);
  };

  /** What was aborted without having been withdrawn is taken again, with all of its partition. */
  #giveUp(partition: number, tenure: number): void {
    const work = this.#works.get(partition);
    if (work?.tenure === tenure) this.#lose(work);
  }

  readonly #onChange = (work: PartitionWork): void => {
    this.#feed.wake();
    if (work.isDone) work.leaving ??= Promise.resolve(work).then(this.#finish);
  };

  #onRenewed(): void {
    const { name } = this.#session;
    if (name !== this.#name) this.#loseAll();
    this.#name = name;
    this.#engine?.wake();
    void this.#balance();
  }

  #loseAll(): void {
    if (this.#options.stopsItself === false && !this.#isOver) return;
    for (const work of [...this.#works.values()]) this.#lose(work);
    for (const partition of [...this.#ownership.held.keys()]) this.#ownership.drop(partition);
  }

  /** Ends all work on a partition that is another machine's, or may be. */
  #lose(work: PartitionWork): void {
    const { partition, writer } = work;
    if (this.#works.get(partition) !== work) return;
    this.#works.delete(partition);
    this.#figures.lost++;
    this.#figures.held = this.#works.size;
    this.#ownership.drop(partition);
    work.stop();
    this.#kept.add(partition, writer.unreported);
    writer.stop();
    const inFlight = this.#engine?.withdraw(partition) ?? [];
    this.#engine?.abort(inFlight);
    this.#feed.wake();
  }

  /** Takes or hands back what the share asks for; once more if that was asked for meanwhile. */
  async #balance(): Promise<void> {
    this.#mustBalance = true;
    if (this.#isBalancing) return;
    this.#isBalancing = true;
    try {
      while (this.#mustBalance && !this.#isEnding) {
        this.#mustBalance = false;
        await this.#balanceOnce();
      }
    } catch (cause) {
      // What is lost, or can't be known now, is looked at after the next renewal
      const isPassing = cause instanceof SessionLostError || isUnreachable(cause);
      if (!isPassing && !this.#isOver) this.#fail(cause);
    } finally {
      this.#isBalancing = false;
    }
  }

  async #balanceOnce(): Promise<void> {
    const plan = await this.#ownership.plan();
    this.#figures.unfinished = plan.unfinished;
    this.#figures.machines = plan.sessions;
    if (plan.unfinished === 0) return this.#feed.end();
    if (this.#options.stopsItself !== false) {
      for (const partition of plan.lost) {
        const work = this.#works.get(partition);
        if (work) this.#lose(work);
        else this.#ownership.drop(partition);
      }
    }
    const works = [...this.#works.values()];
    const leaving = works.filter(({ isLeaving }) => isLeaving).length;
    const staying = works.filter(({ isLeaving }) => !isLeaving);
    for (const work of staying.slice(0, Math.max(0, plan.handBack - leaving))) void this.#handBack(work, DRAIN_MS);
    const wanted = plan.take.values();
    await Promise.all(Array.from({ length: TAKEN_AT_ONCE }, async () => {
      for (const partition of wanted) await this.#take(partition);
    }));
  }

  async #take(partition: number): Promise<void> {
    const engine = this.#engine;
    if (this.#works.has(partition)) return;
    // What is still in flight from when it was this machine's before writes to the same files
    if (this.#isEnding || engine === undefined || engine.withdraw(partition).length > 0) return;
    const held = await this.#ownership.take(partition);
    if (held === undefined) return;
    if (this.#isEnding) return await this.#ownership.handBack(partition);
    this.#begin(held, engine);
  }

  #begin(held: Held, engine: SharedEngine): void {
    const { partition, start } = held;
    engine.importHosts(partition, start.state.hosts);
    const known = this.#kept.take(partition);
    const writer = new OutcomesWriter(this.#run.outcomes, partition, start, {
      hosts: () => engine.exportHosts(partition),
      onLost: (cause) => this.#onLost(work, cause),
      signal: this.#ending.signal,
    });
    const { finished } = start.state;
    for (const [number, outcome] of known) if (!finished.has(number)) writer.add(number, outcome);
    const options = { run: this.#run, held, writer, known, tenure: ++this.#tenures };
    const onError = (cause: unknown) => this.#fail(cause);
    const work = new PartitionWork({ ...options, onChange: this.#onChange, onError });
    this.#works.set(partition, work);
    this.#figures.taken++;
    this.#figures.held = this.#works.size;
    this.#feed.wake();
  }

  #onLost(work: PartitionWork, cause: unknown): void {
    if (this.#works.get(work.partition) !== work) return;
    this.#lose(work);
    if (!(cause instanceof BrokerError) || cause.kind !== "conflict") this.#fail(cause);
  }

  /** Hands a partition back for good, once each of its downloads has an outcome in the log. */
  readonly #finish = async (work: PartitionWork): Promise<void> => {
    try {
      await work.writer.flush();
      const { size } = work.writer.state.finished;
      if (size !== work.total) {
        throw new Error(`Partition ${work.partition} has ${work.total} downloads, and ${size} outcomes`);
      }
      await this.#release(work, { isFinished: true });
      if (this.#works.size === 0) void this.#balance();
    } catch (cause) {
      this.#onUnreleased(work, cause);
    }
  };

  /** Stops a partition's downloads, and lets others take it; sooner, if that goes on already. */
  #handBack(work: PartitionWork, drainMs: number): Promise<void> {
    work.abortAt = Math.min(work.abortAt, performance.now() + drainMs);
    return work.leaving ??= Promise.resolve(work).then(this.#drain); // nothing more is given from now on
  }

  readonly #drain = async (work: PartitionWork): Promise<void> => {
    const { partition } = work;
    const engine = this.#engine;
    const isOurs = () => this.#works.get(partition) === work;
    try {
      for (let left = engine?.withdraw(partition); left?.length && isOurs(); left = engine?.withdraw(partition)) {
        if (performance.now() >= work.abortAt) engine?.abort(left);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      if (!isOurs()) return;
      await work.writer.end();
      if (isOurs()) await this.#release(work);
    } catch (cause) {
      this.#onUnreleased(work, cause);
    }
  };

  async #release(work: PartitionWork, options?: { isFinished: boolean }): Promise<void> {
    work.stop();
    work.writer.stop();
    await this.#ownership.handBack(work.partition, options);
    this.#works.delete(work.partition);
    this.#figures.held = this.#works.size;
    if (options?.isFinished) this.#figures.finished++;
    else this.#figures.handedBack++;
    this.#feed.wake();
  }

  /** What couldn't be handed back in good order is lost; others take it once they may. */
  #onUnreleased(work: PartitionWork, cause: unknown): void {
    if (this.#works.get(work.partition) !== work) return; // lost meanwhile: that is why
    this.#lose(work);
    const isPassing = cause instanceof BrokerError && (cause.kind === "conflict" || cause.kind === "unreachable");
    if (!isPassing && !this.#isOver) this.#fail(cause);
  }

  /** Ends this machine's part: hands back what it has, and its session. */
  #leave(): Promise<void> {
    return this.#leaving ??= this.#handBackAll();
  }

  async #handBackAll(): Promise<void> {
    this.#isEnding = true;
    const late = setTimeout(() => this.#end(), LEAVE_MS);
    await Promise.all([...this.#works.values()].map((work) => this.#handBack(work, 0)));
    clearTimeout(late);
    this.#end();
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    void this.#leave();
  }

  #end(): void {
    this.#isOver = true;
    this.#isEnding = true;
    this.#loseAll();
    this.#ownership.end();
    this.#feed.end();
    this.#ending.abort(new Error("this machine's part of the run has ended"));
  }
}

function ignoreUnreachable(cause: unknown): void {
  if (!isUnreachable(cause)) throw cause;
}

function isUnreachable(cause: unknown): boolean {
  return cause instanceof BrokerError && cause.kind === "unreachable";
}
