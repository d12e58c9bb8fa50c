/**
 * A run that several machines share, as far as it concerns the engine of one of them: what it asks of the run, and what the
 * run asks of it. A run of one machine has none of it.
 *
 * @module
 */

import type { Download, Job } from "./download.ts";

/** A download of a run that machines share: its place in the run is known before it is pulled. */
export interface SharedDownload extends Download {
  /** The partition that it belongs to: those of a host are all in one. */
  partition: number;
  /**
   * Tells apart the times that this machine has the partition: whoever had it in between may have saved some of it.
   * Default: it has it once.
   */
  tenure?: number;
  /** The file that the publisher chose for it in the list's order. Default: it isn't saved, or is a duplicate. */
  target?: Job["target"];
  /** Whether the list has named it before. Default: false. */
  isDuplicate?: boolean;
}

/** What is known of hosts, by their names: plain data, with times in milliseconds since the epoch. */
export type HostStates = Record<string, unknown>;

/** What the engine asks of a run that machines share. */
export interface SharedRun {
  /** Tells the run from all others: only its machines may save to the same folder at the same time. */
  readonly id: string;
  /** Whether a request may start now: asked before each, since any may be the first after a machine was asleep. */
  mayStart(): boolean;
  /** Whether what has been begun may go on: asked again when its request is about to leave. */
  mayGoOn(): boolean;
  /** Whether a download that was pulled is still this machine's. What isn't is left out as if it had never been pulled. */
  isOurs(download: SharedDownload): boolean;
  /** Called when a host of a partition asked to be left alone, refused a request, or couldn't be reached. */
  onHostNews(partition: number): void;
  /** Called once, before the first download is pulled. */
  begin(engine: SharedEngine): void;
}

/** What a run that machines share asks of the engine. */
export interface SharedEngine {
  /**
   * Takes all downloads of a partition out that aren't in flight. Those that are get no further attempt: one that would need
   * it is left out, too.
   *
   * @param partition Which one.
   * @returns The numbers of its downloads that are still in flight.
   */
  withdraw(partition: number): number[];
  /** Ends downloads that are in flight and were withdrawn. */
  abort(ids: readonly number[]): void;
  /** What is known of a partition's hosts. */
  exportHosts(partition: number): HostStates;
  /** Begins with what another machine knew of a partition's hosts. It is data from outside: what can't be is left out. */
  importHosts(partition: number, states: HostStates): void;
  /** Looks again whether a request may start. */
  wake(): void;
}
