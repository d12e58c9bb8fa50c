/**
 * The process of a server: started, waited for until it listens, and stopped.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { processCpuSeconds } from "../process_cpu.ts";

/** Milliseconds between two looks at whether a server listens. */
const LOOK_MS = 10;

/** Looks, after which a server counts as not starting: 10 s. */
const LOOKS = 1_000;

/** Milliseconds a server may take to stop before it is killed. */
const STOP_MS = 5_000;

/** A command that serves. */
export interface ServerCommand {
  /** The program and its arguments. */
  args: string[];
  /** The ports it will listen on. */
  ports: number[];
  /** Environment variables besides the ones there are. Default: none. */
  env?: Record<string, string>;
}

/** A process that serves; disposing of it stops it. */
export interface ServerProgram extends AsyncDisposable {
  /** CPU seconds that it and its children have used so far. */
  cpuSeconds(): Promise<number>;
}

/**
 * Starts a server, and waits until it listens.
 *
 * @param command What to run.
 * @throws {Error} If it ends before, or listens on one of its ports to nobody; with what it printed.
 */
export async function startProgram({ args: [command, ...args], ports, env }: ServerCommand): Promise<ServerProgram> {
  const child = new Deno.Command(command, { args, env, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  const said = new Response(child.stderr).text();
  const stop = async () => {
    kill(child, "SIGTERM");
    const killing = setTimeout(() => kill(child, "SIGKILL"), STOP_MS);
    await child.status;
    clearTimeout(killing);
    await said;
  };
  let isOver = false;
  const ended = child.status.then(async () => {
    isOver = true;
    throw new Error(`${command} ended before it listened: ${(await said).trim().slice(-500)}`);
  });
  ended.catch(() => {}); // it ends when it is stopped
  try {
    await Promise.race([ended, Promise.all(ports.map((port) => accepts(port, () => isOver)))]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { cpuSeconds: () => cpuSeconds(child.pid), [Symbol.asyncDispose]: stop };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}

/** Resolves when something listens, or when nothing will any more. */
async function accepts(port: number, isOver: () => boolean): Promise<void> {
  for (let looks = 1; !isOver(); looks++) {
    try {
      (await Deno.connect({ hostname: HOSTNAME, port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || looks >= LOOKS) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

/** CPU seconds of a process and all below it that still run. */
async function cpuSeconds(pid: number): Promise<number> {
  const children = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim().split(" ").filter(Boolean);
  const all = await Promise.all([processCpuSeconds(pid), ...children.map(Number).map(cpuSeconds)]);
  return all.reduce((sum, seconds) => sum + seconds, 0);
}
