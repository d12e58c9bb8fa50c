/**
 * nginx, on free ports and with a configuration of its own, beside whatever nginx the system runs.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { NGINX, NGINX_BROTLI } from "../programs.ts";
import type { Endpoint, Place, RunningServer, Server } from "./server.ts";
import { type ServerProgram, startProgram } from "./server_program.ts";

/** What nginx is to serve. */
export interface NginxSite {
  /** A folder for its configuration, logs and temporary files. */
  folder: string;
  /** The insides of its `server` blocks, but for where they listen. */
  servers: {
    /** The port. */
    port: number;
    /** What stands after the port in `listen`, for example `ssl http2`. Default: nothing. */
    listen?: string;
    /** Directives. */
    directives: string[];
  }[];
  /** Directives for all of them. Default: none. */
  directives?: string[];
  /** Modules to load. Default: none. */
  modules?: string[];
  /** Address to listen on. Default: this machine's own. */
  hostname?: string;
  /** What comes before nginx in the command line, for example to run it in a network namespace. Default: nothing. */
  prefix?: string[];
}

/**
 * Starts nginx: as Debian configures it where that matters for speed, with connections for everyone.
 *
 * @param site What it is to serve.
 * @throws {Error} If it doesn't listen.
 */
export async function startNginx(site: NginxSite): Promise<ServerProgram> {
  const { folder, servers, directives = [], modules = [], hostname = HOSTNAME, prefix = [] } = site;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const text = `
${modules.map((name) => `load_module /usr/lib/nginx/modules/${name};`).join("\n")}
${Deno.uid() === 0 ? "user root;" : ""}
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
  tcp_nopush on;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n")}
${directives.map((line) => `  ${line};`).join("\n")}
${servers.map((server) => serverBlock(hostname, server)).join("\n")}
}
`;
  await Deno.writeTextFile(`${folder}/nginx.conf`, text);
  const args = [...prefix, "/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`];
  // In another network namespace its ports can't be looked at from here.
  return await startProgram({ args, ports: prefix.length ? [] : servers.map(({ port }) => port) });
}

function serverBlock(hostname: string, { port, listen = "", directives }: NginxSite["servers"][number]): string {
  return `  server {
    listen ${hostname}:${port} ${listen} backlog=4096;
${directives.map((line) => `    ${line};`).join("\n")}
  }`;
}

/** A port of the server below. */
interface Port {
  protocol: string;
  http: Endpoint["http"];
  /** Default: neither TLS nor HTTP/2. */
  listen?: string;
  directives?: string[];
  /** What has to stand in some lines of the log. */
  coded?: RegExp;
}

const GZIP = ["gzip on", "gzip_types text/plain", "gzip_min_length 1"];
const BROTLI = ["brotli on", "brotli_types text/plain", "brotli_min_length 1"];
const tls = (version: string) => `ssl_protocols TLSv${version}`;

const PORTS: Port[] = [
  { protocol: "HTTP/1.1", http: "1" },
  { protocol: "HTTP/1.1, gzip", http: "1", directives: GZIP, coded: / gzip$/ },
  { protocol: "HTTP/1.1, 100 requests a connection", http: "1", directives: ["keepalive_requests 100"] },
  { protocol: "HTTP/1.1, no keep-alive", http: "1", directives: ["keepalive_timeout 0"] },
  { protocol: "HTTP/1.1, TLS 1.2", http: "1", listen: "ssl http2", directives: [tls("1.2")] },
  { protocol: "HTTP/1.1, TLS 1.3", http: "1", listen: "ssl http2", directives: [tls("1.3")] },
  { protocol: "HTTP/2 only, no TLS", http: "auto", listen: "http2" },
  { // and then GOAWAY
    protocol: "HTTP/2 only, no TLS, 100 requests a connection",
    http: "auto",
    listen: "http2",
    directives: ["keepalive_requests 100"],
  },
  {
    protocol: "HTTP/2 only, no TLS, 16 streams",
    http: "auto",
    listen: "http2",
    directives: ["http2_max_concurrent_streams 16"],
  },
  { protocol: "HTTP/2, TLS 1.2", http: "alpn", listen: "ssl http2", directives: [tls("1.2")] },
  { protocol: "HTTP/2, TLS 1.3", http: "alpn", listen: "ssl http2", directives: [tls("1.3")] },
  {
    protocol: "HTTP/2, TLS 1.3, gzip",
    http: "alpn",
    listen: "ssl http2",
    directives: [tls("1.3"), ...GZIP],
    coded: / gzip$/,
  },
];

const BROTLI_PORTS: Port[] = [
  { protocol: "HTTP/1.1, br", http: "1", directives: BROTLI, coded: / br$/ },
  { protocol: "HTTP/2, no TLS, br", http: "auto", listen: "http2", directives: BROTLI, coded: / br$/ },
  {
    protocol: "HTTP/2, TLS 1.3, br",
    http: "alpn",
    listen: "ssl http2",
    directives: [tls("1.3"), ...BROTLI],
    coded: / br$/,
  },
];

async function start(given: readonly Port[], modules: string[], place: Place): Promise<RunningServer> {
  const { root, folder, certificate, key } = place;
  const ports = given.map((port, at) => ({ ...port, port: freePort(), file: `${folder}/${at}.log` }));
  const program = await startNginx({
    folder,
    modules,
    directives: [
      `root ${root}`,
      `ssl_certificate ${certificate}`,
      `ssl_certificate_key ${key}`,
      "log_format spoken '$server_protocol $status $sent_http_content_encoding'",
    ],
    servers: ports.map(({ port, listen, directives = [], file }) => ({
      port,
      listen,
      directives: [...directives, `access_log ${file} spoken`],
    })),
  });
  const endpoints = ports.map(({ protocol, http, listen = "", port, file, coded }): Endpoint => ({
    protocol,
    http,
    url: `http${listen.includes("ssl") ? "s" : ""}://${HOSTNAME}:${port}/`,
    log: { file, right: protocol.startsWith("HTTP/2") ? /^HTTP\/2\.0 20/ : /^HTTP\/1\.1 20/, coded },
  }));
  return { endpoints, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** nginx. */
export const nginx: Server = { name: "nginx", needs: [NGINX], start: (place) => start(PORTS, [], place) };

/** nginx with Google's module for brotli, which Debian has for its own nginx only. */
export const nginxBrotli: Server = {
  name: "nginx brotli",
  needs: [NGINX, NGINX_BROTLI],
  start: (place) => start(BROTLI_PORTS, ["ngx_http_brotli_filter_module.so"], place),
};
