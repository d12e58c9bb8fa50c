/**
 * A client's process, with what it used: seconds, CPU, memory.
 *
 * GNU time starts the client and asks the kernel afterwards (wait4, which counts threads and waited-for children too):
 * neither sampling, which misses short peaks, nor the client's own word. It adds about a millisecond.
 *
 * @module
 */

import type { Command, Output } from "./peer.ts";

/** What a process used. */
export interface Usage {
  /** Seconds from the start of the process to its end. */
  seconds: number;
  /** CPU seconds, in the process and in the kernel on its behalf, in steps of 10 ms. */
  cpuSeconds: number;
  /** The most memory it had in RAM, in bytes. Where a client is several processes: the largest of them. */
  peakMemoryBytes: number;
}

/** A process that has ended. */
export interface Ended extends Usage, Output {
  /** Its exit code. */
  code: number;
}

/** How to run a process. */
export interface RunOptions {
  /** A folder for GNU time's report. */
  folder: string;
  /** Milliseconds after which it is killed. */
  timeoutMs: number;
}

/**
 * Runs a command to its end.
 *
 * @param command What to run.
 * @param options How.
 * @returns What it used and what it said.
 */
export async function runMeasured(command: Command, { folder, timeoutMs }: RunOptions): Promise<Ended> {
  const report = `${folder}/usage`;
  const limit = ["timeout", "--foreground", "--signal=KILL", `${timeoutMs / 1_000}`];
  const start = performance.now();
  const child = new Deno.Command("/usr/bin/time", {
    args: ["--quiet", "--format=%U %S %M", `--output=${report}`, ...limit, ...command.args],
    env: command.env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code }, stdout, stderr] = await Promise.all([
    child.status,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const seconds = (performance.now() - start) / 1_000;
  const [user, system, kilobytes] = (await Deno.readTextFile(report)).trim().split("\n").at(-1)?.split(" ") ?? [];
  return {
    code,
    stdout,
    stderr,
    seconds,
    cpuSeconds: Number(user) + Number(system),
    peakMemoryBytes: Number(kilobytes) * 1_024,
  };
}
