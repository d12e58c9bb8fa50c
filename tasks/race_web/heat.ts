/**
 * A heat: one strategy alone, in a process of its own, against a website in another.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { CommandError } from "../../lib/core/errors.ts";
import { startLocalServer } from "../../lib/source/website.ts";
import type { Title } from "../strategies.ts";
import { type Choice, limitMs } from "./choices.ts";
import type { RaceEvent, RunFacts } from "./events.ts";
import type { RunnerLine } from "./runner_main.ts";

/** How a heat is run. */
export interface HeatOptions {
  /** Ends it at once when aborted. */
  signal: AbortSignal;
  /** Whether its requests are told as they end, and not only at its end. Default: false. */
  live?: boolean;
}

/**
 * Runs a strategy alone, and tells how it goes.
 *
 * @param lane The strategy.
 * @param choice What it has to do.
 * @param options What ends it before its time.
 * @yields That it has started, how far it is, and at last what it came to.
 * @throws {CommandError} If its process or its website ends without a result.
 */
export async function* heat(lane: Title, choice: Choice, { signal, live }: HeatOptions): AsyncGenerator<RaceEvent> {
  yield { type: "heat", lane };
  await using website = await startLocalServer([`--delay=${choice.delayMs}`]);
  if (signal.aborted) return;
  await using runner = startRunner([
    ...[lane, website.url, String(choice.pages), String(limitMs(lane, choice))],
    ...live ? ["live"] : [],
  ], signal);
  for await (const text of runner.lines) {
    const line: RunnerLine = JSON.parse(text);
    if ("started" in line) yield { type: "started", lane, load: loadNow() };
    else if ("counts" in line) yield { type: "progress", lane, ...line };
    else {
      const { summary, spans } = line;
      const { connections } = await (await fetch(`${website.url}stats`, { signal })).json();
      const { asked, done, failed, seconds, isolates } = summary;
      const stopped = summary.interrupted && done + failed < asked; // it may have got through at the last moment
      const facts: RunFacts = {
        ...{ asked, done, failed, seconds, stopped, mostInFlight: summary.peakInFlight, connections, isolates },
        ...{ memoryBytes: summary.peakMemoryBytes, cpuSeconds: summary.cpuSeconds },
      };
      yield { type: "ended", lane, facts, spans };
      return;
    }
  }
  if (!signal.aborted) throw new CommandError(`${lane} ended without a result; what it said is in the terminal`);
}

/** The processes that want a core, on average over the last minute, where the system tells. */
export function loadNow(): number | undefined {
  return Deno.build.os === "windows" ? undefined : Math.round(Deno.loadavg()[0] * 100) / 100;
}

/** A process that runs a strategy, and what it prints. It ends when disposed of, or when this process does. */
function startRunner(args: string[], signal: AbortSignal): AsyncDisposable & { lines: AsyncIterable<string> } {
  const script = new URL("./runner_main.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `--config=${config}`, script, ...args],
    stdin: "piped", // kept open: it ends when this does
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It has ended already, which `kill` calls by different names
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  signal.addEventListener("abort", end);
  return {
    lines: child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()),
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", end);
      end();
      await child.status;
      await child.stdin.close().catch(() => {}); // closed by its end
    },
  };
}
