/**
 * Compares clients on one load: a server of its own, whoever can take part, and what each used.
 *
 * @module
 */

import { describeLoad, type Load } from "./load.ts";
import { runMeasured, type Usage } from "./measured_process.ts";
import type { Peer } from "./peer.ts";
import { installCommand, type Program } from "./programs.ts";
import { inRounds, type Row } from "./rounds.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

/** Milliseconds of a server's delays that a client can't help waiting for, above which it runs in one round only. */
const LONG_WAIT_MS = 30_000;

/** Milliseconds that warming up a client may take: it only has to bring code into caches and wake the server. */
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
  /** The most requests the server saw at once, if it counts them. */
  peakInFlight?: number;
  /** The connections they came over, if it counts them. */
  connections?: number;
}

/** What a comparison came to. */
export interface Comparison {
  /** What was asked of every client. */
  load: Load;
  /** Rounds that were run. */
  repeats: number;
  /** The clients that took part. */
  rows: Row<Run>[];
  /** Those that didn't, and why. */
  leftOut: { peer: string; why: string }[];
}

/** How to compare. */
export interface CompareOptions {
  /** Rounds. */
  repeats: number;
  /** Clients that run in one round only. Default: those that can only wait. */
  once?: readonly string[];
  /** Milliseconds of waiting above which a client is left out. */
  patienceMs: number;
  /** Programs that aren't installed. */
  missing: ReadonlySet<Program>;
  /** Called with what is going on. */
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
  const { repeats, once = [], say } = options;
  const able: Peer[] = [];
  const leftOut: Comparison["leftOut"] = [];
  for (const peer of peers) {
    const why = await whyNot(peer, load, options);
    if (why === undefined) able.push(peer);
    else leftOut.push({ peer: peer.name, why });
  }
  say(describeLoad(load));
  if (able.length === 0) return { load, repeats, rows: [], leftOut };

  await using server = await startServer(load);
  const contestants = able.map((peer) => ({
    name: peer.name,
    rounds: once.includes(peer.name) || waitMs(peer, load) > LONG_WAIT_MS ? 1 : repeats,
    warmUp: () => runOnce(peer, warmUp(peer, load), server),
    run: () => runOnce(peer, load, server),
  }));
  return { load, repeats, rows: await inRounds(contestants, say), leftOut };
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

/** One run, with what the server counted. */
async function runOnce(peer: Peer, load: Load, server: ServerProcess): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  try {
    await server.takeStats?.();
    const command = await peer.command(load, { url: server.url, folder });
    const before = await server.cpuSeconds();
    const timeoutMs = waitMs(peer, load) * 2 + load.trials * SLOWEST_PAGE_MS + 30_000;
    const { code, stdout, stderr, ...usage } = await runMeasured(command, { folder, timeoutMs });
    const serverCpuSeconds = await server.cpuSeconds() - before;
    const stats = await server.takeStats?.();
    if (code !== 0) throw new Error(`Exit code ${code}: ${(stderr || stdout).trim().slice(-300)}`);
    const { seconds: insideSeconds } = peer.read({ stdout, stderr }, load);
    if (stats && !(stats.responses[200] >= load.trials)) {
      throw new Error(`The server has answered ${stats.responses[200] ?? 0} requests`);
    }
    const { peak_in_flight: peakInFlight, connections } = stats ?? {};
    return { ...usage, insideSeconds, serverCpuSeconds, peakInFlight, connections };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
