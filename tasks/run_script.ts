/**
 * A strategy's script as a process of its own, so that its memory is its own, too.
 *
 * @module
 */

import { CommandError } from "../lib/core/errors.ts";
import type { Recorded } from "../lib/metrics/summary.ts";
import type { Title } from "./strategies.ts";

/**
 * Runs a script and takes its result. Its progress and its problems go where this process's do.
 *
 * @param title The strategy.
 * @param args The script's flags besides those for its result.
 * @param signal Asks the script to end in good order when aborted; it then reports what it has done.
 * @returns What it came to.
 * @throws {CommandError} If the script ends without a result.
 */
export async function runScript(title: Title, args: readonly string[], signal: AbortSignal): Promise<Recorded> {
  const script = new URL(`../${title}.ts`, import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args, "--json", "--timeline"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    detached: true, // Ctrl-C is passed on from here: from the terminal it would come twice, and end the script at once
  }).spawn();
  const interrupt = () => child.kill("SIGINT");
  const kill = () => child.kill("SIGKILL");
  globalThis.addEventListener("unload", kill); // this process is ended at once
  signal.addEventListener("abort", interrupt);
  try {
    const { code, stdout } = await child.output();
    const text = new TextDecoder().decode(stdout);
    if (text === "") throw new CommandError(`${title}.ts ended with exit code ${code} and without a result`);
    return JSON.parse(text);
  } finally {
    globalThis.removeEventListener("unload", kill);
    signal.removeEventListener("abort", interrupt);
  }
}
