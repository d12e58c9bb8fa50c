/**
 * The server of a comparison: a process of its own, so that its CPU is counted apart from the clients'.
 *
 * @module
 */

import { HOSTNAME, SERVER_START_TIMEOUT_MS } from "../constants.ts";
import type { StatsReport } from "../site/stats.ts";
import type { Load } from "./load.ts";
import { processCpuSeconds } from "./process_cpu.ts";
import { startNumberedPages } from "./servers/numbered_pages.ts";

export type { StatsReport };

/** A server in a process of its own; disposing of it stops it. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it listens, with a slash at the end. */
  url: string;
  /** CPU seconds it has used so far. */
  cpuSeconds(): Promise<number>;
  /**
   * Waits until nothing is in flight, gives what was counted since the last time, and resets the counters. Not there where
   * the server counts nothing.
   */
  takeStats?(): Promise<StatsReport>;
}

/** One of ours, which counts what it sees. */
export interface CountingServer extends ServerProcess {
  /** Waits until nothing is in flight, gives what was counted since the last time, and resets the counters. */
  takeStats(): Promise<StatsReport>;
}

/**
 * Starts the server that a load asks for: the slow website, or where that lacks what is needed, another one.
 *
 * @param load What it will have to serve.
 * @returns A server that has answered a first request, or listens.
 * @throws {Error} If it doesn't say in time where it listens.
 */
export function startServer(load: Load): Promise<ServerProcess> {
  return load.server ? startNumberedPages(load.server, load.trials) : startOurs(load);
}

/**
 * Starts one of our servers.
 *
 * @param load What it will have to serve.
 * @returns A server that has answered a first request.
 * @throws {Error} If it doesn't say in time where it listens.
 */
export async function startOurs(load: Load): Promise<CountingServer> {
  const plain = load.http1 || load.bytes > 0;
  const script = new URL(plain ? "plain_site.ts" : "../server.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--quiet", script, "--port=0", "--stop-on-eof", `--hostname=${HOSTNAME}`];
  args.push(`--delay=${load.delayMs}ms`);
  if (load.http1) args.push("--http1");
  if (load.bytes > 0) args.push(`--bytes=${load.bytes}`);
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const stop = async () => {
    await child.stdin.close().catch(() => {}); // already closed when the server ended by itself
    await child.status;
  };
  try {
    const url = await listeningUrl(child.stdout);
    await (await fetch(`${url}0`)).bytes();
    return {
      url,
      cpuSeconds: () => processCpuSeconds(child.pid),
      takeStats: () => takeStats(url),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listeningUrl(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let said = "";
  const signal = AbortSignal.timeout(SERVER_START_TIMEOUT_MS);
  for await (const text of stdout.pipeThrough(new TextDecoderStream(), { signal })) {
    said += text;
    const url = /listening on (http:\S+)\n/.exec(said)?.[1];
    if (url) return url;
  }
  throw new Error(`The server did not start: ${said.trim() || "it said nothing"}`);
}

async function takeStats(url: string): Promise<StatsReport> {
  let stats: StatsReport;
  do stats = await (await fetch(`${url}stats`)).json(); while (stats.in_flight > 0);
  await (await fetch(`${url}stats`, { method: "DELETE" })).bytes();
  return stats;
}
