/**
 * NATS servers for tests, on free ports; without the program such tests are left out, by name and with the reason.
 *
 * @module
 */

import { assert } from "@std/assert";
import { NATS } from "../../bench/programs.ts";
import { certificate } from "./certificate.ts";
import { testWith } from "./programs.ts";

/** Registers a test that needs a broker, or leaves it out and says why. */
export function testWithBroker(name: string, fn: () => Promise<void>): Promise<void> {
  return testWith([NATS], name, fn);
}

/** A broker in a process of its own, with a folder of its own. */
export interface NatsServer extends AsyncDisposable {
  /** Where it listens; the same after a restart. */
  readonly port: number;
  /** Its URL. */
  readonly url: string;
  /** Kills it with no chance to say goodbye. Its folder stays. */
  kill(): Promise<void>;
  /** Sends it a signal. */
  signal(signal: Deno.Signal): void;
  /** Starts it again on the same port and folder, perhaps with other settings of its storage. */
  restart(store?: string): Promise<void>;
}

/**
 * Starts a broker on a free port and waits until JetStream is ready.
 *
 * @param config Further lines of its configuration. Default: none.
 * @param options `store`: further settings of its storage, by default none; `isPlain`: whether it has no JetStream, false.
 */
export async function startNats(config = "", options: { store?: string; isPlain?: boolean } = {}): Promise<NatsServer> {
  const folder = await Deno.makeTempDir({ prefix: "nats" });
  let port = -1; // a free one, which it says
  let child: Deno.ChildProcess;
  let log: Promise<string>;
  const start = async (store = options.store ?? "") => {
    const storage = `store_dir: ${JSON.stringify(`${folder}/store`)}, ${store}`;
    const lines = `listen: "127.0.0.1:${port}"\n${options.isPlain ? "" : `jetstream { ${storage} }`}\n${config}\n`;
    await Deno.writeTextFile(`${folder}/nats.conf`, lines);
    child = new Deno.Command("nats-server", {
      args: ["-c", `${folder}/nats.conf`],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const ready = Promise.withResolvers<void>();
    log = (async () => {
      let said = "";
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        said += text;
        port = Number(/Listening for client connections on \S+:(\d+)/.exec(said)?.[1] ?? port);
        if (said.includes("Server is ready")) ready.resolve();
      }
      ready.reject(new Error(`nats-server ended: ${said}`));
      return said;
    })();
    await ready.promise;
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await Promise.all([child.status, log]);
  };
  await start();
  return {
    get port() {
      return port;
    },
    get url() {
      return `nats://127.0.0.1:${port}`;
    },
    kill,
    signal: (signal) => child.kill(signal),
    restart: start,
    async [Symbol.asyncDispose]() {
      try {
        await kill();
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended already
      }
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/**
 * Gives a test a server over TLS, with a certificate that only itself has signed.
 *
 * @param config Further lines of its configuration.
 * @param fn The test; gets the certificate, as PEM.
 */
export async function withTlsNats(
  config: string,
  fn: (server: NatsServer, cert: string) => Promise<void>,
): Promise<void> {
  const tls = await certificate();
  assert(tls, "openssl makes the certificate");
  const folder = await Deno.makeTempDir();
  try {
    for (const part of ["cert", "key"] as const) await Deno.writeTextFile(`${folder}/${part}`, tls[part]);
    await using server = await startNats(`${config}\ntls { cert_file: "${folder}/cert", key_file: "${folder}/key" }`);
    await fn(server, tls.cert);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
