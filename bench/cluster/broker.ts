/**
 * A broker on a free port, in a folder of its own.
 *
 * @module
 */

/** A broker; disposing of it stops it at once. */
export interface BrokerProcess extends AsyncDisposable {
  /** Where it listens. */
  url: string;
  /** The number of its process. */
  pid: number;
}

/**
 * Starts a broker, which writes its port into a file.
 *
 * @param folder Where its data and configuration go.
 */
export async function startBroker(folder: string): Promise<BrokerProcess> {
  const config = [
    'listen: "127.0.0.1:-1"',
    `jetstream { store_dir: "${folder}/store" }`,
    `ports_file_dir: "${folder}"`,
  ];
  await Deno.writeTextFile(`${folder}/nats.conf`, config.join("\n"));
  const args = ["-c", `${folder}/nats.conf`];
  const child = new Deno.Command("nats-server", { args, stdout: "null", stderr: "null" }).spawn();
  const { pid } = child;
  const stop = async () => {
    child.kill("SIGKILL");
    await child.status;
  };
  while (true) {
    try {
      const text = await Deno.readTextFile(`${folder}/nats-server_${pid}.ports`);
      return { url: JSON.parse(text).nats[0], pid, [Symbol.asyncDispose]: stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)); // not yet
    }
  }
}
