/**
 * A network namespace with two cables, one to the broker and one to the websites, each of which can be pulled.
 *
 * @module
 */

/** The addresses of broker and websites, as the namespace and this machine see them. */
export const [BROKER, SITES] = ["10.203.1.1", "10.203.2.1"];

/** What is at the other end of a cable. */
export type Cable = "broker" | "sites";

/** The namespace; disposing of it removes it. */
export interface CutNetwork extends AsyncDisposable {
  /** What comes before a command that is to run in it. */
  prefix: string[];
  /** Pulls a cable: packets vanish, and neither end gets an error. */
  pull(cable: Cable): Promise<void>;
  /** Plugs it in again. */
  plug(cable: Cable): Promise<void>;
}

const CABLES = { broker: { device: "dlcutb", address: BROKER }, sites: { device: "dlcuts", address: SITES } };

/** Whether this machine lets us have one: root, `ip`, and devices of the kind `veth`. */
export async function canCut(): Promise<boolean> {
  if ((await Deno.permissions.query({ name: "run" })).state !== "granted") return false;
  try {
    await ip("link", "add", "dlcutq", "type", "veth", "peer", "name", "dlcutp");
    await ip("link", "del", "dlcutq");
    return true;
  } catch {
    return false;
  }
}

/**
 * Lays both cables, and relays what comes over them.
 *
 * @param ports Where broker and websites listen on 127.0.0.1; in the namespace they have the same ports.
 */
export async function openCutNetwork(ports: Record<Cable, readonly number[]>): Promise<CutNetwork> {
  await using cleanup = new AsyncDisposableStack();
  const name = `dlcut-${Deno.pid}`;
  await ip("netns", "add", name);
  cleanup.defer(() => ip("netns", "del", name));
  await ip("-n", name, "link", "set", "lo", "up");
  const relayed: string[] = [];
  for (const [cable, { device, address }] of Object.entries(CABLES)) {
    await ip("link", "add", device, "type", "veth", "peer", "name", "far", "netns", name);
    cleanup.defer(() => ip("link", "del", device));
    await ip("address", "add", `${address}/24`, "dev", device);
    await ip("link", "set", device, "up");
    await ip("-n", name, "link", "set", "far", "name", cable);
    await ip("-n", name, "address", "add", `${address.slice(0, -1)}2/24`, "dev", cable);
    await ip("-n", name, "link", "set", cable, "up");
    for (const port of ports[cable as Cable]) relayed.push(`${address}:${port}=127.0.0.1:${port}`);
  }
  const script = new URL("cut_relay.ts", import.meta.url).pathname;
  const relay = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...relayed],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  cleanup.defer(async () => {
    relay.kill("SIGKILL");
    await relay.status;
  });
  const reader = relay.stdout.getReader();
  await reader.read(); // it is ready
  await reader.cancel();
  const running = cleanup.move();
  return {
    prefix: ["ip", "netns", "exec", name],
    pull: (cable) => ip("link", "set", CABLES[cable].device, "down"),
    plug: (cable) => ip("link", "set", CABLES[cable].device, "up"),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
