/** nghttp2's server. It speaks HTTP/2 only. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { NGHTTPD } from "../programs.ts";
import type { Place, RunningServer, Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

/**
 * The insides of an nghttpd command line.
 *
 * @param port Where to listen.
 * @param root What to serve.
 */
export function nghttpdArgs(port: number, root: string): string[] {
  return ["nghttpd", `--address=${HOSTNAME}`, `--htdocs=${root}`, String(port)];
}

/** nghttpd has no flag for versions of TLS; OpenSSL has a file for them. */
async function writeOpensslConfig(file: string, version: string): Promise<void> {
  const limits = `MinProtocol = TLSv${version}\nMaxProtocol = TLSv${version}`;
  await Deno.writeTextFile(
    file,
    `openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = limits\n[limits]\n${limits}\n`,
  );
}

/** nghttpd: a process for each port. */
export const nghttpd: Server = {
  name: "nghttpd",
  needs: [NGHTTPD],
  async start({ root, folder, certificate, key }: Place): Promise<RunningServer> {
    await using programs = new AsyncDisposableStack();
    const plain = async (...flags: string[]) => {
      const port = freePort();
      programs.use(await startProgram({ args: [...nghttpdArgs(port, root), "--no-tls", ...flags], ports: [port] }));
      return `http://${HOSTNAME}:${port}/`;
    };
    const secure = async (version: string) => {
      const port = freePort();
      const config = `${folder}/openssl${version}.cnf`;
      await writeOpensslConfig(config, version);
      const args = [...nghttpdArgs(port, root), key, certificate];
      programs.use(await startProgram({ args, ports: [port], env: { OPENSSL_CONF: config } }));
      return `https://${HOSTNAME}:${port}/`;
    };
    const endpoints: RunningServer["endpoints"] = [
      { protocol: "HTTP/2 only, no TLS", http: "auto", url: await plain() },
      { protocol: "HTTP/2 only, no TLS, padding", http: "auto", url: await plain("--padding=100") },
      {
        protocol: "HTTP/2 only, no TLS, no length, trailers",
        http: "auto",
        url: await plain("--no-content-length", "--trailer=x-sent: all of it"),
      },
      { protocol: "HTTP/2, TLS 1.2", http: "alpn", url: await secure("1.2") },
      { protocol: "HTTP/2, TLS 1.3", http: "alpn", url: await secure("1.3") },
    ];
    const running = programs.move();
    return { endpoints, [Symbol.asyncDispose]: () => running.disposeAsync() };
  },
};
