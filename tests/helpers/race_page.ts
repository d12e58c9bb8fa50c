/**
 * Starts `deno task race --web` as a process of its own, as its users do.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";

/** The server of the race's page. */
export interface RacePage extends AsyncDisposable {
  /** Where it is, with a slash at the end. */
  url: string;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Its process id. */
  pid: number;
  /** Its exit code, once it has ended. */
  ended: Promise<number>;
}

/** Starts it on a free port, and waits until it listens. */
export async function serveRacePage(): Promise<RacePage> {
  const script = new URL("../../tasks/race.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, "--web"],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  const { value = "" } = await lines.read();
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(value)?.[0];
  if (url === undefined) throw new Error(`The race's page didn't start: ${value}`);
  const ended = child.status.then(async ({ code }) => {
    await lines.cancel();
    return code;
  });
  return {
    url,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGINT");
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error; // it has ended already
      }
      await ended;
    },
  };
}
