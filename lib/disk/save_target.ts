/**
 * What saving a body takes to know.
 *
 * @module
 */

import type { Digests } from "../core/digests.ts";
import type { Naming } from "../core/download.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Resumable, Validator } from "./resume.ts";
import type { Saved } from "./save.ts";

/** Where a body is to go and what it must be. */
export interface SaveTarget {
  /** What was asked for; see `downloadKey()`. */
  key: string;
  /** The file, a safe path within the output folder, as the output folder gave it out. */
  file: string;
  /** How the file got its name. */
  naming: Naming;
  /** Whether the journal knows the file as this URL's, so that it may be replaced, and keeps its name. Default: false. */
  isOwn?: boolean;
  /** The safe name the server gave instead, if it gave one. Default: none. */
  serverName?: string;
  /** Whether names that servers give always get an ending of their own, as machines don't know each other's. Default: false. */
  isShared?: boolean;
  /** Whether what is unfinished may be from another URL of it, of no use once it is saved. Default: false. */
  hasMirrors?: boolean;
  /** Bytes the whole body must have. Default: any number. */
  length?: number;
  /** The SHA-256 it must have, in hexadecimal. Default: not checked. */
  sha256?: string;
  /** Other digests that it must have. Default: none. */
  digests?: Digests;
  /** Which version it is, from `versionText()`, to be noted once it is saved. Default: none is. */
  newVersion?: string;
  /** When the file was modified, in milliseconds since the epoch. Default: now. */
  modifiedMs?: number;
  /** What it takes to resume the body later. Default: it can't be. */
  validator?: Validator;
  /** The unfinished body that this one resumes. Default: this is the whole. */
  resumes?: Resumable;
  /** Called with how many bytes there are of a body of known length that broke off and is kept. Default: none. */
  onKept?: (bytes: number) => void;
  /**
   * Whether a piece may be written while the next is read; each must stay what it is until the next but one is asked for.
   * Default: false.
   */
  overlaps?: boolean;
  /** What was sent for it: redirects, and at last what has the body. Default: it isn't known. */
  exchanges?: readonly Exchange[];
  /** Says of the saved body where it is from, as JSON. Default: nothing. */
  describe?: (saved: Saved) => string;
  /** Ends the saving where that takes time: on its way to a bucket. Default: nothing does. */
  signal?: AbortSignal;
  /** Called when the body is there and goes to a bucket; what it returns is called when it is there, too. Default: none. */
  onPut?: () => () => void;
}
