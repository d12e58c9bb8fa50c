/** h2o. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { H2O } from "../programs.ts";
import type { Endpoint, Place, RunningServer, Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

const ENDPOINTS: { protocol: string; http: Endpoint["http"]; port: "plain" | "1.2" | "coded" }[] = [
  { protocol: "HTTP/1.1", http: "1", port: "plain" },
  { protocol: "HTTP/1.1, TLS 1.2", http: "1", port: "1.2" },
  { protocol: "HTTP/2, no TLS", http: "auto", port: "plain" },
  { protocol: "HTTP/2, no TLS, br", http: "auto", port: "coded" },
  { protocol: "HTTP/2, TLS 1.2", http: "alpn", port: "1.2" },
];

const KINDS = ["plain", "1.2", "coded"] as const;

function configuration({ root, folder, certificate, key }: Place, ports: Record<string, number>): string {
  const hosts = KINDS.map((kind) => {
    const ssl = { "certificate-file": certificate, "key-file": key, "minimum-version": "TLSv1.2" };
    return {
      listen: { host: HOSTNAME, port: ports[kind], ...kind === "1.2" ? { ssl } : {} },
      paths: { "/": { "file.dir": root, ...kind === "coded" ? { compress: ["br"] } : {} } },
      "access-log": { path: `${folder}/${kind}.log`, format: "%H %s %{content-encoding}o" },
    };
  });
  return JSON.stringify(
    { // which is YAML
      ...Deno.uid() === 0 ? { user: "root" } : {},
      "pid-file": `${folder}/h2o.pid`,
      "error-log": `${folder}/error.log`,
      "file.mime.addtypes": {},
      hosts: Object.fromEntries(hosts.map((host) => [`${HOSTNAME}:${host.listen.port}`, host])),
    },
    null,
    2,
  );
}

/** h2o. Debian's, of 2018, is linked with an OpenSSL that it can't tell of TLS 1.3. */
export const h2o: Server = {
  name: "h2o",
  needs: [H2O],
  async start(place: Place): Promise<RunningServer> {
    const { folder } = place;
    const ports = Object.fromEntries(KINDS.map((kind) => [kind, freePort()]));
    await Deno.writeTextFile(`${folder}/h2o.conf`, configuration(place, ports));
    const program = await startProgram({ args: ["h2o", "-c", `${folder}/h2o.conf`], ports: Object.values(ports) });
    return {
      endpoints: ENDPOINTS.map(({ protocol, http, port: kind }) => ({
        protocol,
        http,
        url: `http${kind === "1.2" ? "s" : ""}://${HOSTNAME}:${ports[kind]}/`,
        log: {
          file: `${folder}/${kind}.log`,
          right: protocol.startsWith("HTTP/2") ? /^HTTP\/2(\.0)? 20/ : /^HTTP\/1\.1 20/,
          coded: kind === "coded" ? / br$/ : undefined,
        },
      })),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};
