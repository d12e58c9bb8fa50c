/**
 * Limits on what is recorded of download.ts, alone or beside another client.
 *
 * @module
 */

import type { Usage } from "../measured_process.ts";
import type { Row } from "../rounds.ts";
import { median, spread } from "../statistics.ts";

/** A goal, and whether it was reached. */
export interface Verdict {
  /** What was to be done. */
  work: string;
  /** What was to be reached. */
  goal: string;
  /** What was measured: the median, and the spread of the rounds. */
  measured: string;
  /** Whether that reaches it; undefined if it wasn't measured. */
  isMet?: boolean;
}

/** A limit on what is read from the runs of download.ts and others. */
export interface Limit {
  /** In words. */
  goal: string;
  /** What must not be above `most`, by round. */
  read: (rows: readonly Row<Usage>[]) => number[];
  /** The limit. */
  most: number;
}

/** Whose goals they are. */
export const OURS = "download";

/** Runs of a client; none if it failed. */
export function runsOf(rows: readonly Row<Usage>[], peer: string): Usage[] {
  const row = rows.find((row) => row.peer === peer);
  return row && row.failure === undefined ? row.runs : [];
}

/** Ratios, round by round. */
export function paired(ours: readonly Usage[], theirs: readonly Usage[], read: (run: Usage) => number): number[] {
  return ours.slice(0, theirs.length).map((run, round) => read(run) / read(theirs[round])).filter(Number.isFinite);
}

const seconds = (run: Usage) => run.seconds;
const cpu = (run: Usage) => run.cpuSeconds;
/** The most memory that a run had, in MB. */
export const megabytes = (run: Usage): number => run.peakMemoryBytes / 1e6;

const timesOf = (most: number) => most === 1 ? "the time" : `${most} times the time`;

/** Time as a multiple of a client's. */
export function time(peer: string, most: number): Limit {
  const read = (rows: readonly Row<Usage>[]) => paired(runsOf(rows, OURS), runsOf(rows, peer), seconds);
  return { goal: `at most ${timesOf(most)} of ${peer}`, read, most };
}

/** Time as a multiple of the fastest of several clients. */
export function timeOfFastest(peers: readonly string[], most: number): Limit {
  return {
    goal: `at most ${timesOf(most)} of the fastest of ${peers.filter((peer) => !peer.includes(" ")).join(", ")}`,
    most,
    read(rows) {
      const others = peers.map((peer) => runsOf(rows, peer)).filter((runs) => runs.length > 0);
      const [fastest = []] = others.toSorted((a, b) => median(a.map(seconds)) - median(b.map(seconds)));
      return paired(runsOf(rows, OURS), fastest, seconds);
    },
  };
}

/** CPU as a multiple of a client's. */
export function cpuOf(peer: string, most: number): Limit {
  const read = (rows: readonly Row<Usage>[]) => paired(runsOf(rows, OURS), runsOf(rows, peer), cpu);
  const goal = most < 1
    ? `at least ${1 / most} times less CPU than ${peer}`
    : `at most ${most} times the CPU of ${peer}`;
  return { goal, read, most };
}

/** CPU seconds of a run. */
export const cpuSeconds = (most: number): Limit => ({
  goal: `at most ${most} CPU s`,
  read: (rows) => runsOf(rows, OURS).map(cpu),
  most,
});

/** CPU of a page. */
export const cpuPerPage = (most: number, pages: number): Limit => ({
  goal: `at most ${most} us CPU a page`,
  read: (rows) => runsOf(rows, OURS).map((run) => cpu(run) / pages * 1e6),
  most,
});

/** Memory of a run. */
export const memory = (most: number): Limit => ({
  goal: `at most ${most} MB`,
  read: (rows) => runsOf(rows, OURS).map(megabytes),
  most,
});

/** Holds the runs of a table against a limit. */
export function judge(work: string, { goal, read, most }: Limit, rows: readonly Row<Usage>[]): Verdict {
  return judgeNumbers(work, goal, { most, numbers: read(rows) });
}

/** Holds numbers, by round, against a limit. */
export function judgeNumbers(
  work: string,
  goal: string,
  { numbers, most }: { numbers: number[]; most: number },
): Verdict {
  if (numbers.length === 0) return { work, goal, measured: "not measured" };
  const { median: middle, min, max } = spread(numbers);
  const text = (number: number) => number >= 100 ? number.toFixed(0) : number.toFixed(2);
  const measured = numbers.length === 1 ? text(middle) : `${text(middle)} (${text(min)}-${text(max)})`;
  return { work, goal, measured, isMet: middle <= most };
}
