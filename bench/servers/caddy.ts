/** Caddy, which is Go's net/http. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { CADDY } from "../programs.ts";
import type { Endpoint, Place, RunningServer, Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

const HTTP1 = /"proto":"HTTP\/1\.1".*"status":20\d/;
const HTTP2 = /"proto":"HTTP\/2\.0".*"status":20\d/;
const GZIP = /"Content-Encoding":\["gzip"\]/;

/** What listens where; ports with the same `port` are one. */
const ENDPOINTS: { protocol: string; http: Endpoint["http"]; port: "plain" | "gzip" | "1.2" | "1.3" | "1.3 gzip" }[] = [
  { protocol: "HTTP/1.1", http: "1", port: "plain" },
  { protocol: "HTTP/1.1, gzip", http: "1", port: "gzip" },
  { protocol: "HTTP/1.1, TLS 1.2", http: "1", port: "1.2" },
  { protocol: "HTTP/1.1, TLS 1.3", http: "1", port: "1.3" },
  { protocol: "HTTP/2, no TLS", http: "auto", port: "plain" },
  { protocol: "HTTP/2, no TLS, gzip", http: "auto", port: "gzip" },
  { protocol: "HTTP/2, TLS 1.2", http: "alpn", port: "1.2" },
  { protocol: "HTTP/2, TLS 1.3", http: "alpn", port: "1.3" },
  { protocol: "HTTP/2, TLS 1.3, gzip", http: "alpn", port: "1.3 gzip" },
];

function site(kind: string, port: number, { root, folder, certificate, key }: Place): string {
  const tls = kind.startsWith("1.");
  const version = `tls${kind.slice(0, 3)}`;
  return `http${tls ? "s" : ""}://:${port} {
  bind ${HOSTNAME}
  root * ${root}
${tls ? `  tls ${certificate} ${key} {\n    protocols ${version} ${version}\n  }` : ""}
${kind.endsWith("gzip") ? "  encode gzip {\n    minimum_length 1\n  }" : ""}
  file_server
  log {
    output file ${folder}/${port}.log
  }
}`;
}

/** Caddy. */
export const caddy: Server = {
  name: "caddy",
  needs: [CADDY],
  async start(place: Place): Promise<RunningServer> {
    const { folder } = place;
    const ports = new Map([...new Set(ENDPOINTS.map(({ port }) => port))].map((kind) => [kind, freePort()]));
    const text = `{
  admin off
  auto_https off
  servers {
    protocols h1 h2 h2c
  }
}
${[...ports].map(([kind, port]) => site(kind, port, place)).join("\n")}
`;
    await Deno.writeTextFile(`${folder}/Caddyfile`, text);
    const args = ["caddy", "run", "--adapter", "caddyfile", "--config", `${folder}/Caddyfile`];
    const home = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder };
    const program = await startProgram({ args, ports: [...ports.values()], env: home });
    return {
      endpoints: ENDPOINTS.map(({ protocol, http, port: kind }) => ({
        protocol,
        http,
        url: `http${kind.startsWith("1.") ? "s" : ""}://${HOSTNAME}:${ports.get(kind)}/`,
        log: {
          file: `${folder}/${ports.get(kind)}.log`,
          right: protocol.startsWith("HTTP/2") ? HTTP2 : HTTP1,
          coded: kind.endsWith("gzip") ? GZIP : undefined,
        },
      })),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};
