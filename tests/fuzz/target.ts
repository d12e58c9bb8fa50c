/**
 * What a fuzz target is: something that can be given any number of made-up cases, and says of each what is wrong with what came
 * of it.
 */

import type { Random } from "./random.ts";

/** Something that must not have happened. */
export interface Finding {
  /** The rule that was broken, in words that are the same for every case: what findings are counted by. */
  rule: string;
  /** What came, and what should have come. */
  detail: string;
}

/** Something to fuzz. */
export interface Target<Case> {
  /** What `--target` and `--case` call it. */
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  /** Cases in flight at the same time: more than one where cases wait for deadlines. */
  readonly abreast: number;
  /** Its share of the time, against those of the others. */
  readonly weight: number;
  /** Makes a case; the same numbers make the same one. */
  generate(random: Random): Case;
  /** Runs a case. Never throws for what the code under test does. */
  run(one: Case): Promise<Finding | undefined>;
  /** Smaller cases than this one, the smallest first. Default: it can't be made smaller. */
  smaller?(one: Case): Iterable<Case>;
  /** A case in words, for a person who mends what it found. */
  describe(one: Case): string;
  /** What was counted besides cases, by its name. Default: nothing. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Ends it: closes servers and removes folders. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A target whatever its cases are. */
// deno-lint-ignore no-explicit-any -- a case only ever goes back to the target that made it
export type AnyTarget = Target<any>;
