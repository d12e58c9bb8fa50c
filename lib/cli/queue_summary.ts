/**
 * What a run on many machines came to, whichever of them asks.
 *
 * @module
 */

import type { Run } from "../cluster/broker.ts";
import { decodeChunk } from "../cluster/chunk.ts";
import { decodeEntry, type Totals } from "../cluster/outcome_entry.ts";
import { formatBytes } from "../core/format_bytes.ts";
import { formatCount } from "../core/format_count.ts";
import { print, tell } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";

/** Partitions that are read at once. */
const READ_AT_ONCE = 32;

/** How to sum up. */
export interface SumUpOptions {
  /** Print JSON. */
  json: boolean;
  /** Lines of the list that are no downloads. */
  badLines: number;
}

/**
 * Prints what the whole run came to.
 *
 * @param run The run.
 * @param options How.
 * @returns The exit code.
 */
export async function sumUp(run: Run, { json, badLines }: SumUpOptions): Promise<number> {
  const sum = { asked: 0, done: 0, skipped: 0, failed: 0, bytes: 0 };
  for (let from = 0; from < run.partitions; from += READ_AT_ONCE) {
    const some = Array.from({ length: Math.min(READ_AT_ONCE, run.partitions - from) }, (_, at) => from + at);
    for (const each of await Promise.all(some.map((partition) => totalsOf(run, partition)))) {
      for (const name of ["asked", "done", "skipped", "failed", "bytes"] as const) sum[name] += each[name];
    }
  }
  const { asked, done, skipped, failed, bytes } = sum;
  const notDone = asked - done - skipped - failed;
  if (badLines > 0) tell(`${badLines} ${badLines === 1 ? "line" : "lines"} of the list skipped: not URLs`);
  if (json) print(jsonLine({ run: run.name, ...sum, notDone, badLines }));
  else {
    const left = notDone > 0 ? `, ${formatCount(notDone)} not done` : "";
    print(
      `run ${run.name}: ${formatCount(done)} of ${formatCount(asked)} downloaded (${formatBytes(bytes)}), ${
        formatCount(skipped)
      } skipped, ${formatCount(failed)} failed${left}`,
    );
  }
  return failed + badLines + notDone > 0 ? 1 : 0;
}

async function totalsOf(run: Run, partition: number): Promise<Totals & { asked: number }> {
  const chunk = await run.jobs.last(partition);
  const last = chunk && decodeChunk(chunk.data);
  const asked = last ? last.first + last.jobs.length : 0;
  // A takeover has no totals; a snapshot or a batch before it has
  const totals = { done: 0, skipped: 0, failed: 0, bytes: 0 };
  const end = await run.outcomes.last(partition);
  if (end === undefined) return { asked, ...totals };
  const entry = decodeEntry(end.data);
  if (entry.kind !== "takeover") return { asked, ...entry.totals };
  for await (const { data } of run.outcomes.read(partition, Math.max(0, entry.since - 1))) {
    const each = decodeEntry(data);
    if (each.kind !== "takeover") Object.assign(totals, each.totals);
  }
  return { asked, ...totals };
}
