/**
 * Two network namespaces with a long line between them, for servers and clients that are to be far from each other.
 *
 * @module
 */

import type { LinkOptions } from "./relay.ts";

const RELAY = new URL("relay.ts", import.meta.url).pathname;

/** Where the far end of every line is. */
export const FAR_ADDRESS = "10.201.0.2";

const NEAR_ADDRESS = "10.201.0.1";

/** Bytes that a TCP socket may hold at most: more than a line of 1 Gbit/s and 50 ms takes, which is 6.25 MB. */
const SOCKET_BYTES = 33_554_432;

/** A line; disposing of it removes both namespaces. */
export interface Link extends AsyncDisposable {
  /** What comes before a command that is to run at the near end. */
  near: string[];
  /** The same for the far end. */
  far: string[];
}

/**
 * Opens a line.
 *
 * @param line How long, how wide and how bad it is.
 * @throws {Error} Without root, `ip` or TUN devices; with what was tried.
 */
export async function openLink(line: LinkOptions): Promise<Link> {
  const [near, far] = [`bench-near-${Deno.pid}`, `bench-far-${Deno.pid}`];
  await using cleanup = new AsyncDisposableStack();
  for (const name of [near, far]) {
    await ip("netns", "add", name);
    cleanup.defer(() => ip("netns", "delete", name));
  }
  const options = JSON.stringify({ devices: ["near0", "far0"], ...line });
  const relay = new Deno.Command("ip", {
    // What the relay waits for a core would be added to the round trip
    args: ["netns", "exec", near, "nice", "--adjustment=-15", Deno.execPath(), "run", "-A", "--quiet", RELAY, options],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  cleanup.defer(async () => {
    relay.kill("SIGKILL");
    await relay.status;
  });
  await isReady(relay.stdout);
  await ip("-n", near, "link", "set", "far0", "netns", far);
  for (const [name, device, address] of [[near, "near0", NEAR_ADDRESS], [far, "far0", FAR_ADDRESS]]) {
    await ip("-n", name, "address", "add", `${address}/24`, "dev", device);
    await ip("-n", name, "link", "set", device, "up");
    await ip("-n", name, "link", "set", "lo", "up");
    for (const which of ["tcp_rmem", "tcp_wmem"]) {
      const write = `echo '4096 131072 ${SOCKET_BYTES}' > /proc/sys/net/ipv4/${which}`;
      await run("ip", ["netns", "exec", name, "sh", "-c", write]);
    }
  }
  const running = cleanup.move();
  return {
    near: ["ip", "netns", "exec", near],
    far: ["ip", "netns", "exec", far],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Waits until the relay says that its devices are there. */
async function isReady(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const reader = stdout.getReader();
  const { done } = await reader.read();
  await reader.cancel();
  if (done) throw new Error("The relay ended before it had its devices");
}

function ip(...args: string[]): Promise<void> {
  return run("ip", args);
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null", stdout: "null" }).output();
  if (!success) throw new Error(`${[command, ...args].join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
}
