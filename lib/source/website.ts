/**
 * The slow website as a child process, for as long as a run lasts.
 *
 * @module
 */

import { CONNECT_TIMEOUT_MS, HOSTNAME, PORT, SERVER_START_TIMEOUT_MS } from "../../constants.ts";
import { CommandError } from "../core/errors.ts";
import { splitCredentials } from "../core/credentials.ts";
import { after } from "../core/timer.ts";
import { tcpAddress } from "../http/tcp_address.ts";

/** Where the slow website is when nobody says otherwise. */
export const DEFAULT_URL = `http://${HOSTNAME}:${PORT}/`;

/** A website to download from; disposing of it stops it if it was started for this run. */
export interface Website extends AsyncDisposable {
  /** The URL that page numbers are appended to. */
  url: string;
  /** Of one that was started for this run: connections that its pages were asked for over, so far. */
  connections?(): Promise<number | undefined>;
}

/** Options of {@linkcode findWebsite}. */
export interface FindOptions {
  /** Called with a line when a website is started. */
  say: (line: string) => void;
  /** Ends the search. Default: nothing does. */
  signal?: AbortSignal;
}

/**
 * The website a run downloads from: the one that is asked for, or the one at the default address, or a new one.
 *
 * @param url Where it must be. Default: at {@linkcode DEFAULT_URL}, or started here if nothing listens there.
 * @param options Whom to tell, and what ends the search.
 * @returns A website that accepts connections.
 * @throws {CommandError} If nothing accepts connections at `url`, or none could be started.
 */
export async function findWebsite(url: string | undefined, { say, signal }: FindOptions): Promise<Website> {
  const problem = await whyUnreachable(url ?? DEFAULT_URL, signal);
  if (problem === undefined) return { url: url ?? DEFAULT_URL, [Symbol.asyncDispose]: () => Promise.resolve() };
  if (url !== undefined) {
    const shown = splitCredentials(url).url;
    throw new CommandError(`nothing answers at ${shown} (${problem}); start a server there, or leave --url out`);
  }
  const started = await startLocalServer();
  say(`no server at ${DEFAULT_URL}: started one at ${started.url} for this run`);
  return started;
}

/** Why nothing accepts connections where a URL points, as the system says it; nothing if something does. */
async function whyUnreachable(url: string, signal?: AbortSignal): Promise<string | undefined> {
  const aborter = new AbortController();
  const abort = () => aborter.abort(new Error("interrupted"));
  signal?.addEventListener("abort", abort);
  const cancel = after(
    CONNECT_TIMEOUT_MS,
    () => aborter.abort(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)),
  );
  try {
    const connection = await Deno.connect({ ...tcpAddress(new URL(url)), signal: aborter.signal });
    connection.close();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Starts the slow website on a free port, so that any number of runs can have their own.
 *
 * Its standard input is a pipe from this process: when this process ends, however it ends, the website sees the pipe
 * close and stops.
 *
 * @param args Further flags for the script. Default: none.
 * @param script What is started, as a path from the project's root. Default: `server.ts`.
 * @returns Where it listens; disposing of it stops it.
 * @throws {CommandError} If it doesn't say in time where it listens.
 */
export async function startLocalServer(args: string[] = [], script = "server.ts"): Promise<Website> {
  const project = `${import.meta.dirname}/../..`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      `--config=${project}/deno.json`,
      `${project}/${script}`,
      "--port=0",
      "--stop-on-eof",
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async () => {
    await child.stdin.close().catch(() => {}); // already closed when the website ended by itself
    await child.status;
  };
  const late = setTimeout(() => child.kill("SIGKILL"), SERVER_START_TIMEOUT_MS);
  try {
    const url = await listeningUrl(child.stdout);
    return { url, connections: () => connectionsOf(url), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** What the website has counted since it was started; undefined if it doesn't say any more. */
async function connectionsOf(url: string): Promise<number | undefined> {
  using client = Deno.createHttpClient({}); // closed at once: the website waits for its connections when it stops
  try {
    const response = await fetch(`${url}stats`, { client, signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return (await response.json()).connections;
  } catch {
    // It has been stopped by the same signal as this run: nobody knows then
  }
}

/** Reads up to the line in which the website says where it listens. */
async function listeningUrl(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let said = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    const url = /listening on (http:\S+)\s/.exec(said)?.[1];
    if (url) return url;
  }
  throw new CommandError(`the slow website did not start: ${said.trim() || "it said nothing"}`);
}
