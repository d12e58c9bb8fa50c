/**
 * A script that serves metrics, as a process of its own.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";

/** A run that serves metrics. */
export interface WatchedRun {
  /** Where its metrics are. */
  metrics: string;
  /** Waits until it has said a line on standard error. */
  says(line: RegExp): Promise<void>;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Its exit code, and what it said. */
  ended: Promise<{ code: number; stdout: string; stderr: string }>;
}

/**
 * Runs a script with a list on a free port, and waits until it serves metrics.
 *
 * @param title The script, without its ending.
 * @param list The URLs.
 * @param args Further arguments.
 * @throws {Error} If it ends instead, with what it said.
 */
export async function runWithMetrics(title: string, list: string[], args: string[] = []): Promise<WatchedRun> {
  const script = new URL(`../../${title}.ts`, import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "-i", "-", "--metrics-port", "0", ...args],
    ...{ env: { NO_COLOR: "1" }, stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(list.map((line) => `${line}\n`).join("")));
  await writer.close();
  const lines: string[] = [];
  let onLine = () => {};
  const read = async () => {
    for await (const line of child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      lines.push(line);
      onLine();
    }
  };
  let isEnded = false;
  const ended = Promise.all([child.status, new Response(child.stdout).text(), read()]).then(([{ code }, stdout]) => {
    isEnded = true;
    onLine();
    return { code, stdout, stderr: lines.join("\n") };
  });
  const find = async (pattern: RegExp): Promise<string> => {
    while (true) {
      const line = lines.find((each) => pattern.test(each));
      if (line !== undefined) return line;
      if (isEnded) throw new Error(`${title}.ts has ended without saying ${pattern}: ${lines.join("\n")}`);
      await new Promise<void>((resolve) => onLine = resolve);
    }
  };
  const metrics = (await find(/^metrics: http/)).slice("metrics: ".length);
  return { metrics, says: async (line) => void await find(line), kill: (signal) => child.kill(signal), ended };
}
