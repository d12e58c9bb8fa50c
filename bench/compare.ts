/**
 * Runs clients in turn on one server: A B C, A B C, ... so that whatever disturbs the machine disturbs all of them.
 *
 * @module
 */

import { describeLoad, type Load } from "./load.ts";
import { runMeasured, type Usage } from "./measured_process.ts";
import type { Peer } from "./peer.ts";
import { installCommand, type Program } from "./programs.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

/** Milliseconds of a server's delays that a client can't help waiting for, above which it runs in one round only. */
export const LONG_WAIT_MS = 30_000;

/** Milliseconds that warming up a client may take: all that is wanted is code in caches and a server that is awake. */
const WARM_UP_MS = 3_000;

/** Pages a client warms up with at most. */
const WARM_UP_TRIALS = 1_000;

/** Milliseconds a client may take for one page, on top of the server's delay, before its run counts as hung. */
const SLOWEST_PAGE_MS = 5;

/** One run of one client. */
export interface Run extends Usage {
  /** Seconds by the client's own clock, without its start, where it says so. */
  insideSeconds?: number;
  /** CPU seconds the server used meanwhile. */
  serverCpuSeconds: number;
  /** The most requests the server saw at once. */
  peakInFlight: number;
  /** The connections they came over. */
  connections: number;
}

/** A client's runs. */
export interface Row {
  /** The client's name. */
  peer: string;
  /** What was measured, by round. */
  runs: Run[];
  /** What went wrong, if a run failed; the client isn't run again then. */
  failure?: string;
}

/** What a comparison came to. */
export interface Comparison {
  /** What was asked of every client. */
  load: Load;
  /** Rounds that were run. */
  repeats: number;
  /** The clients that took part. */
  rows: Row[];
  /** Those that didn't, and why. */
  leftOut: { peer: string; why: string }[];
}

/** How to compare. */
export interface CompareOptions {
  /** Rounds. */
  repeats: number;
  /** Milliseconds of waiting above which a client is left out. */
  patienceMs: number;
  /** Programs that aren't installed. */
  missing: ReadonlySet<Program>;
  /** Told what is going on. */
  say: (line: string) => void;
}

/**
 * Compares clients on one load.
 *
 * @param load What is asked of them.
 * @param peers The clients.
 * @param options How.
 * @returns What was measured. A client that fails is in it with the reason.
 */
export async function compare(load: Load, peers: readonly Peer[], options: CompareOptions): Promise<Comparison> {
  const { repeats, say } = options;
  const comparison: Comparison = { load, repeats, rows: [], leftOut: [] };
  const contestants: { peer: Peer; row: Row; rounds: number }[] = [];
  for (const peer of peers) {
    const why = await whyNot(peer, load, options);
    if (why) {
      comparison.leftOut.push({ peer: peer.name, why });
      continue;
    }
    const row: Row = { peer: peer.name, runs: [] };
    comparison.rows.push(row);
    contestants.push({ peer, row, rounds: waitMs(peer, load) > LONG_WAIT_MS ? 1 : repeats });
  }
  say(describeLoad(load));
  if (contestants.length === 0) return comparison;

  await using server = await startServer(load);
  const attempt = async (peer: Peer, row: Row, load: Load): Promise<Run | undefined> => {
    try {
      return await runOnce(peer, load, server);
    } catch (error) {
      row.failure = error instanceof Error ? error.message : String(error);
      say(`  ${peer.name} failed: ${row.failure}`);
    }
  };
  for (const { peer, row } of contestants) await attempt(peer, row, warmUp(peer, load));
  for (let round = 1; round <= repeats; round++) {
    for (const { peer, row, rounds } of contestants) {
      if (row.failure || round > rounds) continue;
      const run = await attempt(peer, row, load);
      if (!run) continue;
      row.runs.push(run);
      say(`  ${round}/${rounds} ${peer.name}: ${run.seconds.toFixed(2)} s`);
    }
  }
  return comparison;
}

/** Milliseconds a client can't help waiting: the delay as often as it fills everything it has in flight. */
export function waitMs(peer: Peer, load: Load): number {
  return Math.ceil(load.trials / peer.inFlight(load)) * load.delayMs;
}

async function whyNot(peer: Peer, load: Load, { missing, patienceMs }: CompareOptions): Promise<string | undefined> {
  const absent = peer.needs.filter((program) => missing.has(program));
  if (absent.length) return `not installed; \`${absent.map(installCommand).join(" && ")}\``;
  const wait = waitMs(peer, load);
  if (wait > patienceMs) return `would wait ${Math.round(wait / 1_000)} s`;
  return await peer.refuses?.(load);
}

function warmUp(peer: Peer, load: Load): Load {
  const rounds = Math.max(1, Math.floor(WARM_UP_MS / Math.max(1, load.delayMs)));
  return { ...load, trials: Math.min(load.trials, WARM_UP_TRIALS, rounds * peer.inFlight(load)) };
}

/** One run, with what the server has to say about it. */
async function runOnce(peer: Peer, load: Load, server: ServerProcess): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  try {
    await server.takeStats();
    const command = await peer.command(load, { url: server.url, folder });
    const before = await server.cpuSeconds();
    const timeoutMs = waitMs(peer, load) * 2 + load.trials * SLOWEST_PAGE_MS + 30_000;
    const { code, stdout, stderr, ...usage } = await runMeasured(command, { folder, timeoutMs });
    const serverCpuSeconds = await server.cpuSeconds() - before;
    const { responses, peak_in_flight: peakInFlight, connections } = await server.takeStats();
    if (code !== 0) throw new Error(`Exit code ${code}: ${(stderr || stdout).trim().slice(-300)}`);
    const { seconds: insideSeconds } = peer.read({ stdout, stderr }, load);
    if (!(responses[200] >= load.trials)) throw new Error(`The server has answered ${responses[200] ?? 0} requests`);
    return { ...usage, insideSeconds, serverCpuSeconds, peakInFlight, connections };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
