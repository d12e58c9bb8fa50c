/**
 * `--queue local`: a broker of this machine's own, so that two terminals are enough to try a run on many machines. Whoever
 * comes first starts `nats-server`, others find it, and whoever leaves last ends it. What it stores stays in the user's
 * folder, so that a run that was ended early goes on with the same command.
 *
 * It is a process of its own, which Ctrl-C in the first terminal doesn't reach. Who uses it is known by a lock of the
 * operating system, which also ends with a process that was killed.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { CommandError } from "../core/errors.ts";
import { isRecord } from "./packed.ts";

/** Milliseconds that a broker may take to start: it looks through all that it has stored. */
const START_MS = 30_000;

/** Milliseconds that it may take to end. */
const END_MS = 10_000;

/** Milliseconds between two looks. */
const LOOK_MS = 25;

const INSTALL =
  "install it (Debian and Ubuntu: apt install nats-server; others: https://github.com/nats-io/nats-server), " +
  "or name a broker, as in --queue nats://host:4222";

/** How to find or start it. */
export interface LocalBrokerOptions {
  /** Where its data is. Default: a folder of the user's, see {@linkcode localBrokerFolder}. */
  folder?: string;
  /** The program. Default: `nats-server`, from the PATH. */
  program?: string;
  /** Called with a message. */
  say: (line: string) => void;
}

/** The broker, for as long as it is used. */
export interface LocalBroker extends AsyncDisposable {
  /** Its address, with the token that only this user can read. */
  readonly url: string;
}

/** A broker that runs, as its file says. */
interface Running {
  name: string;
  token: string;
  port: number;
  pid: number;
}

/** The folder of the user's for it: of what programs keep, where there is such a thing. */
export function localBrokerFolder(): string {
  const { HOME, XDG_STATE_HOME, LOCALAPPDATA } = Deno.env.toObject();
  const state = XDG_STATE_HOME || LOCALAPPDATA || (HOME && `${HOME}/.local/state`);
  if (!state) throw new CommandError("--queue local needs a folder for its data: set XDG_STATE_HOME", { exitCode: 2 });
  return `${state}/download-queue`;
}

/**
 * Finds this machine's broker, or starts it.
 *
 * @param options Where, and whom to tell.
 * @returns It. Leaving it last ends it.
 * @throws {CommandError} If `nats-server` isn't there, or doesn't start.
 */
export async function joinLocalBroker(options: LocalBrokerOptions): Promise<LocalBroker> {
  const { folder = localBrokerFolder(), say } = options;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  using starting = openLock(`${folder}/start.lock`);
  await starting.lock(true);
  let running = await findRunning(folder);
  let child: Deno.ChildProcess | undefined;
  if (running) say(`joined the broker on 127.0.0.1:${running.port}`);
  else {
    ({ running, child } = await start(folder, options.program ?? "nats-server"));
    say(`started nats-server on 127.0.0.1:${running.port}; its data is in ${folder}`);
  }
  const using = openLock(`${folder}/users.lock`);
  await using.lock(false);
  const { token, port } = running;
  return { url: `nats://${token}@127.0.0.1:${port}`, [Symbol.asyncDispose]: () => leave(folder, using, child) };
}

/** Ends the broker if nobody else uses it. */
async function leave(folder: string, using: Deno.FsFile, child?: Deno.ChildProcess): Promise<void> {
  using starting = openLock(`${folder}/start.lock`);
  await starting.lock(true);
  await using.unlock();
  const isLast = await using.tryLock(true);
  using.close(); // others that begin wait for the lock that is held
  if (!isLast) return;
  const running = await findRunning(folder);
  if (running) await end(running);
  if (child === undefined || running?.pid !== child.pid) return;
  child.ref(); // or else Deno ends before it
  await child.status;
}

function openLock(path: string): Deno.FsFile {
  return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
}

/** The broker that runs, if the one of the folder's file does: known by the name that it greets with. */
async function findRunning(folder: string): Promise<Running | undefined> {
  let running: Running | undefined;
  try {
    running = readRunning(await Deno.readTextFile(`${folder}/broker.json`));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return running && await isThere(running) ? running : undefined;
}

function readRunning(text: string): Running | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined; // whoever wrote it was killed meanwhile
  }
  if (!isRecord(data)) return undefined;
  const { name, token, port, pid } = data;
  if (typeof name !== "string" || typeof token !== "string") return undefined;
  if (typeof port !== "number" || typeof pid !== "number") return undefined;
  return { name, token, port, pid };
}

async function isThere({ name, port }: Running): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const buffer = new Uint8Array(4_096);
    const late = setTimeout(() => connection.close(), 2_000);
    const read = await connection.read(buffer).finally(() => clearTimeout(late));
    return new TextDecoder().decode(buffer.subarray(0, read ?? 0)).includes(`"server_name":${JSON.stringify(name)}`);
  } catch {
    return false; // nothing listens there, or something that doesn't greet
  }
}

async function start(folder: string, program: string): Promise<{ running: Running; child: Deno.ChildProcess }> {
  const name = `download-queue-${crypto.randomUUID()}`;
  const token = crypto.randomUUID();
  const config = [
    'listen: "127.0.0.1:-1"', // a free port
    `server_name: ${JSON.stringify(name)}`,
    `authorization { token: ${JSON.stringify(token)} }`,
    `jetstream { store_dir: ${JSON.stringify(`${folder}/store`)} }`,
    `ports_file_dir: ${JSON.stringify(folder)}`,
    `logfile: ${JSON.stringify(`${folder}/nats-server.log`)}`,
    "logfile_size_limit: 1MB",
  ];
  await Deno.writeTextFile(`${folder}/nats.conf`, config.join("\n"), { mode: 0o600 });
  await removePorts(folder);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: ["-c", `${folder}/nats.conf`],
      ...{ stdin: "null", stdout: "null", stderr: "null", detached: true },
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new CommandError(`--queue local needs nats-server, which isn't on the PATH: ${INSTALL}`, {
      cause,
      exitCode: 2,
    });
  }
  child.unref();
  let ended = false;
  child.status.then(() => ended = true);
  for (const late = performance.now() + START_MS; performance.now() < late && !ended; await delay(LOOK_MS)) {
    const port = await portOf(folder, child.pid);
    const running = { name, token, port: port ?? 0, pid: child.pid };
    if (port === undefined || !await isThere(running)) continue;
    await Deno.writeTextFile(`${folder}/broker.json`, JSON.stringify(running), { mode: 0o600 });
    return { running, child };
  }
  if (!ended) child.kill("SIGKILL");
  throw new CommandError(`nats-server doesn't start: see ${folder}/nats-server.log`);
}

/** The port that it has found, once it says so: in `nats-server_PID.ports`. */
async function portOf(folder: string, pid: number): Promise<number | undefined> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(`_${pid}.ports`)) continue;
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await Deno.readTextFile(`${folder}/${name}`)) ?? [];
    return port === undefined ? undefined : Number(port);
  }
}

/** What brokers leave behind that were killed. */
async function removePorts(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".ports")) await Deno.remove(`${folder}/${name}`);
  }
}

/** Ends the broker in good order, and waits until it has: another one must not begin to write where it still does. */
async function end(running: Running): Promise<void> {
  const { pid } = running;
  if (!signal(pid, endSignal(Deno.build.os))) return;
  const late = performance.now() + END_MS;
  // A process counts as ended when its first thread has, and others may still have its socket
  while (performance.now() < late && (isRunning(pid) || await isThere(running))) await delay(LOOK_MS);
}

/** The signal that ends a broker. Windows can only end it at once, which its storage is made to survive. */
export function endSignal(os: typeof Deno.build.os): Deno.Signal {
  return os === "windows" ? "SIGTERM" : "SIGINT";
}

function isRunning(pid: number): boolean {
  try {
    // A process that has ended, and that its parent hasn't asked for, is there until then
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return Deno.build.os !== "linux" && signal(pid, "SIGCONT");
  }
}

/** Whether there was such a process to be sent a signal. */
function signal(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof TypeError) return false;
    throw error;
  }
}
