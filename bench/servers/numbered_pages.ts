/**
 * The pages of the slow website as files, `/0`, `/1` and so on, from a server in C over HTTP/2 without TLS: one that is no
 * limit to any client.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { freePort } from "../free_port.ts";
import type { Load } from "../load.ts";
import { nghttpdArgs } from "./nghttpd.ts";
import { startNginx } from "./nginx.ts";
import { type ServerProgram, startProgram } from "./server_program.ts";

/** A folder in memory, so that no disk is measured. */
const MEMORY = "/dev/shm";

/** What both servers allow on one connection: as many streams as the slow website. */
const STREAMS = 200;

/** A server that runs; disposing of it stops it. */
export interface NumberedPages extends ServerProgram {
  /** Where its pages are, with a slash at the end. */
  url: string;
}

/**
 * Writes the pages, and starts the server.
 *
 * @param server Which.
 * @param pages How many.
 */
export async function startNumberedPages(server: NonNullable<Load["server"]>, pages: number): Promise<NumberedPages> {
  const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "bench-pages-" });
  try {
    const root = `${folder}/root`;
    await Deno.mkdir(root);
    for (let n = 0; n < pages; n++) Deno.writeTextFileSync(`${root}/${n}`, String(n));
    const port = freePort();
    const program = server === "nginx" ? await nginx(folder, root, port) : await startProgram({
      args: [...nghttpdArgs(port, root), "--no-tls", `--max-concurrent-streams=${STREAMS}`],
      ports: [port],
    });
    return {
      url: `http://${HOSTNAME}:${port}/`,
      cpuSeconds: program.cpuSeconds,
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await Deno.remove(folder, { recursive: true });
      },
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** nginx closes a connection after 1,000 requests unless it is told not to. */
async function nginx(folder: string, root: string, port: number): Promise<ServerProgram> {
  const directives = [`root ${root}`, "keepalive_requests 10000000", `http2_max_concurrent_streams ${STREAMS}`];
  return await startNginx({ folder, servers: [{ port, listen: "http2", directives }] });
}
