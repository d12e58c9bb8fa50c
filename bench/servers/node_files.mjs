/**
 * Sends the files of a folder by Node's http, http2, and http2 over TLS, which speaks HTTP/1.1 too. Files of an
 * even number of bytes come without their length.
 *
 *     node node_files.mjs '{"hostname":"127.0.0.1","http":1,"h2c":2,"tls12":3,"tls13":4,"root":"","folder":"","certificate":"","key":""}'
 */

import { createReadStream, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { createSecureServer, createServer as createHttp2Server } from "node:http2";

const options = JSON.parse(process.argv[2]);
const tls = { cert: readFileSync(options.certificate), key: readFileSync(options.key), allowHTTP1: true };

/** What answers on a port, and writes the version and the status to its log. */
function sendFiles(port) {
  const log = openSync(`${options.folder}/${port}.log`, "a");
  return (request, response) => {
    const path = options.root + decodeURIComponent(request.url);
    response.on("finish", () => writeSync(log, `${request.httpVersion} ${response.statusCode}\n`));
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return response.writeHead(404).end();
    const length = stats.size % 2 ? { "content-length": stats.size } : {};
    response.writeHead(200, { "content-type": "application/octet-stream", ...length });
    createReadStream(path).pipe(response);
  };
}

for (
  const [port, server] of [
    [options.http, createServer()],
    [options.h2c, createHttp2Server()],
    [options.tls12, createSecureServer({ ...tls, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })],
    [options.tls13, createSecureServer({ ...tls, minVersion: "TLSv1.3" })],
  ]
) server.on("request", sendFiles(port)).listen(port, options.hostname, 4_096);
