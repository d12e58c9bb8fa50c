/**
 * Interleaved repeats: A B C, A B C, ... so that a disturbance of the machine affects all of them.
 *
 * @module
 */

import type { Usage } from "./measured_process.ts";

/** A client's runs. */
export interface Row<R extends Usage = Usage> {
  /** The client's name. */
  peer: string;
  /** What was measured, by round. */
  runs: R[];
  /** What went wrong, if a run failed; the client isn't run again then. */
  failure?: string;
}

/** A client that takes part. */
export interface Contestant<R extends Usage> {
  /** Its name. */
  name: string;
  /** Rounds it runs in, from the first on. */
  rounds: number;
  /** Runs it without measuring, so that code is in caches and the server awake. */
  warmUp: () => Promise<unknown>;
  /** Runs it; throws what went wrong. */
  run: () => Promise<R>;
}

/**
 * Warms up all clients, then runs each once per round.
 *
 * @param contestants Who takes part, in this order.
 * @param say Called after every run.
 * @returns A row for each.
 */
export async function inRounds<R extends Usage>(
  contestants: readonly Contestant<R>[],
  say: (line: string) => void,
): Promise<Row<R>[]> {
  const rows = contestants.map(({ name }): Row<R> => ({ peer: name, runs: [] }));
  const attempt = async <T>(row: Row<R>, run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      row.failure = error instanceof Error ? error.message : String(error);
      say(`  ${row.peer} failed: ${row.failure}`);
    }
  };
  for (const [i, { warmUp }] of contestants.entries()) await attempt(rows[i], warmUp);
  const most = Math.max(0, ...contestants.map(({ rounds }) => rounds));
  for (let round = 1; round <= most; round++) {
    for (const [i, { name, rounds, run }] of contestants.entries()) {
      if (rows[i].failure !== undefined || round > rounds) continue;
      const result = await attempt(rows[i], run);
      if (!result) continue;
      rows[i].runs.push(result);
      say(`  ${round}/${rounds} ${name}: ${result.seconds.toFixed(2)} s`);
    }
  }
  return rows;
}
