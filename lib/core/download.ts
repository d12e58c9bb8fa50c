/**
 * What is asked for: one URL, and what is known about it beforehand.
 *
 * @module
 */

import type { Digests } from "./digests.ts";

/** One URL to download. */
export interface Download {
  /** An absolute http or https URL. */
  url: string;
  /**
   * Other URLs of the same file, on other hosts perhaps. One of them all is asked first, and the next when that fails for
   * good. Default: none.
   */
  mirrors?: readonly string[];
  /** The number its page must answer; any other body makes the download fail. Default: any body will do. */
  expected?: number;
  /** The file name to save it under. Default: from Content-Disposition or the URL. */
  name?: string;
  /** The SHA-256 its body must have, in hexadecimal. Default: not checked. */
  sha256?: string;
  /** Other digests that its body must have. Default: none. */
  digests?: Digests;
  /** Request headers for this URL only. Default: none. */
  headers?: Record<string, string>;
  /** What else its list says of it, by column, for a name that is made of it. Default: nothing. */
  columns?: Record<string, string>;
  /** The span that it is a part of, as a W3C `traceparent`; looked at only where there is a tracer. Default: none. */
  trace?: string;
}

/**
 * How a file got its name: the plain one, the one with an ending, or one that can't be worked out from the URL, because the
 * server gave it or both others were taken, and so is stored.
 */
export type Naming = "plain" | "distinct" | "stored";

/** Which version of what a file is that was saved, and what the file was then. Plain data, so that it can go to a worker. */
export interface FileVersion {
  /** What its server called it: an ETag, or else the date of its last modification. */
  name: string;
  /** The resource that it is a version of, as a fingerprint: where redirects led. */
  of: string;
  /** Whether it was saved as it was sent. */
  isRaw: boolean;
  /** Bytes of the file. */
  size: number;
  /** When the file was modified, in milliseconds since the epoch. */
  modifiedMs: number;
}

/** A download on its way: numbered, and with the attempt it is at. Plain data, so that it can go to a worker. */
export interface Job extends Download {
  /** The URL that it is known by, if it has several: `url` is the one that is asked. Default: `url`. */
  original?: string;
  /** Position in the source, from 0; what an {@linkcode Outcome} is matched by. */
  id: number;
  /** 1 for the first attempt, one more for every retry. */
  attempt: number;
  /** Which partition of a run that machines share it belongs to. Default: it is no such run. */
  partition?: number;
  /** Where it is saved: a safe path within the output folder, perhaps its own from before. Default: it isn't saved. */
  target?: { file: string; naming: Naming; isOwn?: boolean; isThere?: boolean; version?: FileVersion };
}
