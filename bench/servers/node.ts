/** Node's http, https and http2 modules, with a program that sends files. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { NODE } from "../programs.ts";
import type { Endpoint, Place, RunningServer, Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

const PROGRAM = new URL("node_files.mjs", import.meta.url).pathname;

/** Node. */
export const node: Server = {
  name: "node",
  needs: [NODE],
  about: "http, https and http2; files of an even number of bytes without a Content-Length",
  async start({ root, folder, certificate, key }: Place): Promise<RunningServer> {
    const [http, h2c, tls12, tls13] = Array.from({ length: 4 }, freePort);
    const options = { hostname: HOSTNAME, http, h2c, tls12, tls13, root, folder, certificate, key };
    const args = ["node", PROGRAM, JSON.stringify(options)];
    const program = await startProgram({ args, ports: [http, h2c, tls12, tls13] });
    const at = (port: number, protocol: string, offer: Endpoint["http"]): Endpoint => ({
      protocol,
      http: offer,
      url: `http${protocol.includes(", TLS") ? "s" : ""}://${HOSTNAME}:${port}/`,
      log: { file: `${folder}/${port}.log`, right: protocol.startsWith("HTTP/2") ? /^2\.0 200/ : /^1\.1 200/ },
    });
    return {
      endpoints: [
        at(http, "HTTP/1.1", "1"),
        at(tls12, "HTTP/1.1, TLS 1.2", "1"),
        at(tls13, "HTTP/1.1, TLS 1.3", "1"),
        at(h2c, "HTTP/2 only, no TLS", "auto"),
        at(tls12, "HTTP/2, TLS 1.2", "alpn"),
        at(tls13, "HTTP/2, TLS 1.3", "alpn"),
      ],
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};
