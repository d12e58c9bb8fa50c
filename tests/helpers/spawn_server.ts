/**
 * Starts `server.ts` as a process of its own, as its users do.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";

/** A server that runs in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it listens, with a slash at the end. */
  url: string;
  /** The lines it has said so far. */
  stdout: readonly string[];
  /** Its process id. */
  pid: number;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Its exit code and what it said, once it has ended. */
  ended: Promise<{ code: number; stdout: string[]; stderr: string }>;
}

/** How to start the server. */
export interface SpawnOptions {
  /** A shell command to run before it in the same process, for example `ulimit -n 100`. Default: none. */
  before?: string;
}

/**
 * Starts the server on a free port and waits until it listens.
 *
 * @param args Further flags.
 * @param options How to start it.
 * @throws {Error} If it ends instead, with what it said.
 */
export async function spawnServer(args: string[] = [], options: SpawnOptions = {}): Promise<ServerProcess> {
  const command = [Deno.execPath(), "run", "-A", new URL("../../server.ts", import.meta.url).pathname];
  command.push("--port", "0", "--stop-on-eof", ...args);
  const [program, ...rest] = options.before ? ["sh", "-c", `${options.before}; exec "$@"`, "sh", ...command] : command;
  const child = new Deno.Command(program, { args: rest, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();

  const stdout: string[] = [];
  const listening = Promise.withResolvers<string>();
  const read = async () => {
    for await (const line of child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      stdout.push(line);
      if (line.startsWith("listening on ")) listening.resolve(line.slice("listening on ".length));
    }
  };
  const ended = Promise.all([child.status, new Response(child.stderr).text(), read()])
    .then(async ([{ code }, stderr]) => {
      if (!child.stdin.locked) await child.stdin.close();
      return { code, stdout, stderr };
    });
  ended.then(({ stderr }) => listening.reject(new Error(`the server ended: ${stderr}`)));

  return {
    url: await listening.promise,
    stdout,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      const stdin = child.stdin.getWriter();
      await stdin.close();
      await ended;
    },
  };
}
