/**
 * nginx with a folder to serve: over http, and over https with HTTP/2.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { makeCertificates } from "../servers/certificates.ts";
import { startNginx } from "../servers/nginx.ts";
import type { ServerProgram } from "../servers/server_program.ts";

/** nginx with files; disposing of it stops it. */
export interface FileServer extends ServerProgram {
  /** Where its files are, without TLS and with it, with a slash at the end. */
  urls: { http: string; https: string };
  /** The certificate that clients have to trust, a PEM file. */
  certificate: string;
}

/** Where nginx is. */
export interface FileServerOptions {
  /** Its address. Default: this machine's own. */
  hostname?: string;
  /** What comes before nginx in the command line, for example to run it in a network namespace. Default: nothing. */
  prefix?: string[];
}

/**
 * Starts nginx.
 *
 * @param root The folder to serve.
 * @param folder Where its configuration, certificate and temporary files go.
 * @param options Where it is.
 * @throws {Error} If it doesn't listen.
 */
export async function startFileServer(
  root: string,
  folder: string,
  { hostname = HOSTNAME, prefix }: FileServerOptions = {},
): Promise<FileServer> {
  const [http, https] = [freePort(), freePort()];
  const { authority, certificate, key } = await makeCertificates(folder, hostname);
  const program = await startNginx({
    folder,
    hostname,
    prefix,
    directives: [`root ${root}`, `ssl_certificate ${certificate}`, `ssl_certificate_key ${key}`],
    servers: [{ port: http, directives: [] }, { port: https, listen: "ssl http2", directives: [] }],
  });
  return {
    urls: { http: `http://${hostname}:${http}/`, https: `https://${hostname}:${https}/` },
    certificate: authority,
    cpuSeconds: program.cpuSeconds,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
