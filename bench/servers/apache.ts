/** Apache httpd with mod_http2, mod_deflate and mod_brotli. */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { APACHE } from "../programs.ts";
import type { Endpoint, Place, RunningServer, Server } from "./server.ts";
import { startProgram } from "./server_program.ts";

const MODULES = "mpm_event authz_core mime http2 ssl socache_shmcb log_config filter deflate brotli unixd".split(" ")
  .filter((name) => name !== "unixd" && name !== "log_config"); // Debian's has them built in

/** What listens where. */
const PORTS: { protocol: string; http: Endpoint["http"]; directives?: string[]; coded?: RegExp }[] = [
  { protocol: "HTTP/1.1", http: "1" },
  {
    protocol: "HTTP/1.1, gzip",
    http: "1",
    directives: ["AddOutputFilterByType DEFLATE text/plain"],
    coded: / gzip$/,
  },
  { protocol: "HTTP/1.1, TLS 1.2", http: "1", directives: ["SSLProtocol TLSv1.2"] },
  { protocol: "HTTP/1.1, TLS 1.3", http: "1", directives: ["SSLProtocol TLSv1.3"] },
  { protocol: "HTTP/2, no TLS", http: "auto" },
  {
    protocol: "HTTP/2, no TLS, br",
    http: "auto",
    directives: ["AddOutputFilterByType BROTLI_COMPRESS text/plain"],
    coded: / br$/,
  },
  { protocol: "HTTP/2, no TLS, 100 requests a connection", http: "auto", directives: ["MaxKeepAliveRequests 100"] },
  { protocol: "HTTP/2, TLS 1.2", http: "alpn", directives: ["SSLProtocol TLSv1.2"] },
  { protocol: "HTTP/2, TLS 1.3", http: "alpn", directives: ["SSLProtocol TLSv1.3"] },
];

function configuration({ root, folder, certificate, key }: Place, ports: readonly number[]): string {
  const hosts = PORTS.map(({ protocol, directives = [] }, at) => {
    const tls = protocol.includes(", TLS");
    return `Listen ${HOSTNAME}:${ports[at]}
<VirtualHost ${HOSTNAME}:${ports[at]}>
  Protocols ${tls ? "h2" : "h2c"} http/1.1
  CustomLog ${folder}/${at}.log "%H %>s %{Content-Encoding}o"
${tls ? `  SSLEngine on\n  SSLCertificateFile ${certificate}\n  SSLCertificateKeyFile ${key}` : ""}
${directives.map((line) => `  ${line}`).join("\n")}
</VirtualHost>`;
  });
  return `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/error.log
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
${Deno.uid() === 0 ? "User www-data\nGroup www-data" : ""}
TypesConfig /etc/mime.types
AddType text/plain .txt
ListenBacklog 4096
ServerLimit 8
MaxRequestWorkers 200
DocumentRoot ${root}
<Directory ${root}>
  Require all granted
</Directory>
${hosts.join("\n")}
`;
}

/** Apache httpd. */
export const apache: Server = {
  name: "apache",
  needs: [APACHE],
  async start(place: Place): Promise<RunningServer> {
    const { folder } = place;
    const ports = PORTS.map(freePort);
    await Deno.writeTextFile(`${folder}/apache.conf`, configuration(place, ports));
    const args = ["/usr/sbin/apache2", "-d", folder, "-f", `${folder}/apache.conf`, "-D", "FOREGROUND"];
    const program = await startProgram({ args, ports });
    return {
      endpoints: PORTS.map(({ protocol, http, coded }, at) => ({
        protocol,
        http,
        url: `http${protocol.includes(", TLS") ? "s" : ""}://${HOSTNAME}:${ports[at]}/`,
        log: {
          file: `${folder}/${at}.log`,
          right: protocol.startsWith("HTTP/2") ? /^HTTP\/2\.0 20/ : /^HTTP\/1\.1 20/,
          coded,
        },
      })),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  },
};
