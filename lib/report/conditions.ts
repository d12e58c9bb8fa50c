/**
 * Under what conditions something was measured: without them a figure says nothing.
 *
 * @module
 */

import { cpus } from "node:os";
import { formatCount } from "../core/format_count.ts";

/** A condition: what it is, and how it was. */
export type Condition = readonly [name: string, value: string];

/**
 * The machine and the program.
 *
 * @param now The date. Default: today's.
 * @returns What another machine, or another day, would have differently.
 */
export function conditions(now: Date = new Date()): Condition[] {
  const { arch, os } = Deno.build;
  const cores = navigator.hardwareConcurrency;
  const memory = Deno.systemMemoryInfo().total;
  return [
    [
      "Machine",
      `${cpus()[0]?.model.trim() || arch}, ${cores} ${cores === 1 ? "core" : "cores"}, ${
        formatCount(memory / 2 ** 30)
      } GiB of memory`,
    ],
    ["System", `${os} ${Deno.osRelease()} (${arch})`],
    ["Deno", Deno.version.deno],
    ["Date", now.toISOString().slice(0, 10)],
  ];
}
