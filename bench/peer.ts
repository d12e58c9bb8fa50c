/**
 * A client that is compared: how it is started, and how what it says is read.
 *
 * @module
 */

import type { Load } from "./load.ts";
import type { Program } from "./programs.ts";

/** A client to compare. */
export interface Peer {
  /** What tables call it, and what `--only` and `--skip` know it by. */
  name: string;
  /** What it is and how it was tuned, in one line. */
  about: string;
  /** What it speaks to a server that speaks both. */
  http: "1.1" | "2";
  /** How its bodies are checked, in a few words. */
  check: string;
  /** What must be installed. */
  needs: Program[];
  /**
   * The most requests it has in flight for a load; with the server's delay, that is how long the load takes at least.
   *
   * @param load What it is asked for.
   */
  inFlight(load: Load): number;
  /**
   * Why it can't take a load; nothing if it can. Default: it takes all.
   *
   * @param load What it is asked for.
   */
  refuses?(load: Load): string | undefined | Promise<string | undefined>;
  /**
   * How to start it.
   *
   * @param load What it is asked for.
   * @param site The server's URL, with a slash at its end, and a folder for temporary files.
   */
  command(load: Load, site: Site): Command | Promise<Command>;
  /**
   * Reads its result.
   *
   * @param output What it printed.
   * @param load What it was asked for.
   * @throws {Error} If the result isn't that of the load, with what is wrong.
   */
  read(output: Output, load: Load): Reading;
}

/** Where to download from. */
export interface Site {
  /** The server's URL, with a slash at its end. */
  url: string;
  /** A folder for files that the client needs; it is gone after the run. */
  folder: string;
}

/** A command line. */
export interface Command {
  /** The program and its arguments. */
  args: string[];
  /** Environment variables besides the ones there are. Default: none. */
  env?: Record<string, string>;
}

/** What a client printed. */
export interface Output {
  /** On standard output. */
  stdout: string;
  /** On standard error. */
  stderr: string;
}

/** What a client says about its run. */
export interface Reading {
  /** Seconds by its own clock, from the first request to the last page: without its start. Default: it doesn't say. */
  seconds?: number;
}
