/**
 * Reads the result of a client that prints one JSON object: our scripts, and what is in clients/.
 *
 * @module
 */

import { expectedSum, type Load } from "./load.ts";
import type { Output, Reading } from "./peer.ts";

/**
 * Reads and checks a result.
 *
 * @param output What the client printed.
 * @param load What it was asked for.
 * @returns Its own seconds.
 * @throws {Error} If pages are missing, or their sum or their bytes are wrong.
 */
export function readJson({ stdout }: Output, load: Load): Reading {
  const result: unknown = JSON.parse(stdout);
  if (!isResult(result)) throw new Error(`Not a result: ${stdout.slice(0, 200)}`);
  const { done, value, bytes, seconds } = result;
  if (done !== load.trials) throw new Error(`Downloaded ${done} pages of ${load.trials}`);
  if (load.bytes === 0 && value !== expectedSum(load)) throw new Error(`The sum is ${value}, not ${expectedSum(load)}`);
  if (load.bytes > 0 && bytes !== load.trials * load.bytes) {
    throw new Error(`Downloaded ${bytes} bytes, not ${load.trials * load.bytes}`);
  }
  return { seconds };
}

interface Result {
  done: number;
  value: string;
  bytes: number;
  seconds: number;
}

function isResult(value: unknown): value is Result {
  const result = value as Partial<Result> | null;
  return typeof result?.done === "number" && typeof result.value === "string" &&
    typeof result.bytes === "number" && typeof result.seconds === "number";
}
