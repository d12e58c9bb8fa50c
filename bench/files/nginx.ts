/**
 * Debian's nginx with a folder to serve: over http, and over https with HTTP/2 and a test certificate. It runs on free
 * ports with a configuration of its own, beside whatever nginx the system runs.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import { processCpuSeconds } from "../process_cpu.ts";

/** A running nginx; disposing of it stops it. */
export interface Nginx extends AsyncDisposable {
  /** Where its files are, without TLS and with it, with a slash at the end. */
  urls: { http: string; https: string };
  /** The certificate that clients have to trust, a PEM file. */
  certificate: string;
  /** CPU seconds that all its processes have used so far. */
  cpuSeconds(): Promise<number>;
}

/**
 * Starts nginx.
 *
 * @param root The folder to serve.
 * @param folder Where its configuration, certificate and temporary files go.
 * @throws {Error} If it doesn't answer.
 */
export async function startNginx(root: string, folder: string): Promise<Nginx> {
  const [httpPort, httpsPort] = [freePort(), freePort()];
  const certificate = `${folder}/certificate.pem`;
  await makeCertificate(certificate, `${folder}/key.pem`);
  await Deno.writeTextFile(`${folder}/nginx.conf`, configuration({ root, folder, httpPort, httpsPort }));
  const child = new Deno.Command("/usr/sbin/nginx", {
    args: ["-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const ended = child.status.then(async () => {
    throw new Error(`nginx ended: ${await said}`);
  });
  ended.catch(() => {}); // it ends when it is stopped
  await Promise.race([ended, accepts(httpPort)]);
  return {
    urls: { http: `http://${HOSTNAME}:${httpPort}/`, https: `https://${HOSTNAME}:${httpsPort}/` },
    certificate,
    async cpuSeconds() {
      const workers = await Deno.readTextFile(`/proc/${child.pid}/task/${child.pid}/children`);
      const pids = [child.pid, ...workers.trim().split(" ").map(Number)];
      return (await Promise.all(pids.map(processCpuSeconds))).reduce((sum, seconds) => sum + seconds, 0);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await said;
    },
  };
}

/** Resolves when something listens; nginx opens its ports within milliseconds of its start. */
async function accepts(port: number): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      (await Deno.connect({ hostname: HOSTNAME, port })).close();
      return;
    } catch (error) {
      if (tries >= 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function makeCertificate(certificate: string, key: string): Promise<void> {
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  args.push("-subj", "/CN=localhost", "-addext", `subjectAltName=DNS:localhost,IP:${HOSTNAME}`);
  // A client that takes it for its own authority (rustls) wants it not to be one.
  args.push("-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate);
  const { success, stderr } = await new Deno.Command("openssl", { args, stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(`openssl made no certificate: ${new TextDecoder().decode(stderr)}`);
}

/** As Debian configures it where that matters for speed, with connections for everyone. */
function configuration(options: { root: string; folder: string; httpPort: number; httpsPort: number }): string {
  const { root, folder, httpPort, httpsPort } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
${Deno.uid() === 0 ? "user root;" : ""}
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  server {
    listen ${HOSTNAME}:${httpPort} backlog=4096;
    listen ${HOSTNAME}:${httpsPort} ssl http2 backlog=4096;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    root ${root};
  }
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n")}
}
`;
}
