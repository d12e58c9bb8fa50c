/**
 * What the server of the race tells its page while a race goes on: a line of JSON for each event.
 *
 * @module
 */

import type { Choice, Lane } from "./choices.ts";

/** How a request ended. `open`: it was in flight when the run was stopped. */
export type Ending = "done" | "failed" | "open";

/** The same as numbers, by their places: thousands of them are sent. */
export const ENDINGS: readonly Ending[] = ["done", "failed", "open"];

/** A request: when it was sent and when it ended, in milliseconds since its run began, how it ended, and its page. */
export type Span = readonly [startMs: number, endMs: number, ending: number, page: number];

/** The machine that the race runs on. */
export interface Machine {
  /** Cores, which the strategies share with their website. */
  cores: number;
  /** Processes that wanted a core, on average over the last minute; absent where the system doesn't tell. */
  load?: number;
  /** The version of Deno. */
  deno: string;
}

/** What a run came to. What can't be known of it is absent. */
export interface RunFacts {
  /** Pages it should download. */
  asked: number;
  /** Pages it has downloaded. */
  done: number;
  /** Pages that failed. */
  failed: number;
  /** Seconds from the first request to the last outcome. */
  seconds: number;
  /** Whether it was stopped before it was through. */
  stopped: boolean;
  /** The most requests that were in flight at once. */
  mostInFlight: number;
  /** Connections that the website saw. */
  connections?: number;
  /** Isolates that downloaded. */
  isolates?: number;
  /** The most memory its process had, in bytes. */
  memoryBytes?: number;
  /** Seconds of CPU its process took. */
  cpuSeconds?: number;
}

/** How far a run is. */
export interface Counts {
  /** Requests in flight. */
  inFlight: number;
  /** Pages that arrived. */
  done: number;
  /** Pages that failed. */
  failed: number;
}

/** What the page is told. */
export type RaceEvent =
  /** The race begins. */
  | { type: "race"; choice: Choice; machine: Machine }
  /** A lane is brought to its start: its website and its process. */
  | { type: "heat"; lane: Lane }
  /** A lane has started. A load as of that moment. */
  | { type: "started"; lane: Lane; load?: number }
  /** How far it is, and of a run that is shown live, the requests that have ended since. */
  | { type: "progress"; lane: Lane; counts: Counts; spans?: Span[] }
  /** It has ended: what it came to, and all its requests. */
  | { type: "ended"; lane: Lane; facts: RunFacts; spans: Span[] }
  /** It is the browser's turn: it downloads from here, and then says so. */
  | { type: "yours"; lane: "browser"; url: string }
  /** Everything is over. */
  | { type: "over"; machine: Machine }
  /** It can't go on. */
  | { type: "problem"; message: string };
