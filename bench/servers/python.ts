/** Python: its own http.server, which speaks HTTP/1.0, and the h2 package with a program that sends files. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { PYTHON, PYTHON3, PYTHON_H2 } from "../programs.ts";
import type { Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

const PROGRAM = new URL("h2_files.py", import.meta.url).pathname;

/** Python's http.server: an answer, and the connection is over. */
export const pythonHttp: Server = {
  name: "python http.server",
  needs: [PYTHON3],
  async start({ root }) {
    const port = freePort();
    const args = [PYTHON, "-m", "http.server", "--bind", HOSTNAME, "--directory", root, String(port)];
    const program = await startProgram({ args, ports: [port] });
    return {
      endpoints: [{ protocol: "HTTP/1.0", http: "1", url: `http://${HOSTNAME}:${port}/` }],
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};

/** Python's h2. */
export const pythonH2: Server = {
  name: "python h2",
  needs: [PYTHON_H2],
  async start({ root, certificate, key }) {
    const [h2c, tls12, tls13] = Array.from({ length: 3 }, freePort);
    const options = { hostname: HOSTNAME, h2c, tls12, tls13, root, certificate, key };
    const args = [PYTHON, PROGRAM, JSON.stringify(options)];
    const program = await startProgram({ args, ports: [h2c, tls12, tls13] });
    return {
      endpoints: [
        { protocol: "HTTP/2 only, no TLS", http: "auto", url: `http://${HOSTNAME}:${h2c}/` },
        { protocol: "HTTP/2, TLS 1.2", http: "alpn", url: `https://${HOSTNAME}:${tls12}/` },
        { protocol: "HTTP/2, TLS 1.3", http: "alpn", url: `https://${HOSTNAME}:${tls13}/` },
      ],
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};
