/**
 * Where whole bodies go when that isn't the folder itself: a bucket, for example.
 *
 * @module
 */

import type { Naming } from "../core/download.ts";
import type { ClaimedNames } from "./claimed_names.ts";

/** A body that is whole and right: in memory, or in a file. */
export type WholeBody = Uint8Array | { path: string; size: number };

/** What a body is called where it goes. */
export interface Placement {
  /** Its name, a safe path. */
  file: string;
  /** What was asked for; see `downloadKey()`. */
  key: string;
  /** How it got its name. */
  naming: Naming;
  /** Whether what has this name there may be replaced, whosever it is. */
  replaces: boolean;
  /** Ends the putting. Default: nothing does. */
  signal?: AbortSignal;
}

/** Takes whole bodies. */
export interface Destination {
  /**
   * Puts a body where it goes. It is there as a whole then; if not, nothing of it is.
   *
   * @param body The body. It may change only after this.
   * @param to What it is called there.
   * @returns Whether it is there now; `false` if something else has that name.
   * @throws {SaveError} If this one can't be put there.
   * @throws {CannotWriteError} If none can.
   */
  put(body: WholeBody, to: Placement): Promise<boolean>;
}

/** The state folders of an output folder, by their paths. */
export interface StateFolders {
  /** Those that have a journal, or may get one; that which is this process's own comes first. */
  all: readonly string[];
  /** Those of them that no other process uses; none if nothing may be written. */
  mine: readonly string[];
}

/** What is in a destination, as an output folder has to know it. */
export interface Contents {
  /**
   * Looks what there is. Called once, when the folder is locked and before its journals are read.
   *
   * @param states Where the journals are.
   * @param names Where to claim the names that are taken.
   * @param onFile Called with the name of each. Default: nothing is.
   */
  load(states: StateFolders, names: ClaimedNames, onFile?: (file: string) => void): Promise<void>;
  /** Bytes of what has a name; undefined if nothing has it. */
  sizeOf(file: string): number | undefined;
}
