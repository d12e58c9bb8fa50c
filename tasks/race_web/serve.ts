/**
 * `deno task race --web`: serves the race's page until it is ended.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { CommandError } from "../../lib/core/errors.ts";
import { print } from "../../lib/core/print.ts";
import { createApp } from "./app.ts";
import { pageFiles } from "./page_files.ts";

/**
 * Serves the page on this machine only.
 *
 * @param port The port; 0 for any that is free.
 * @param signal Ends it when aborted, and with it a race that goes on.
 * @returns When it has ended, and every process that it has started.
 * @throws {CommandError} If the port is taken.
 */
export async function serveRace(port: number, signal: AbortSignal): Promise<void> {
  const files = await pageFiles();
  const app = createApp({ files, port: () => server.addr.port, signal });
  const server = listen(port, app.fetch);
  print(`the race is at http://${HOSTNAME}:${server.addr.port}/ (open it in a browser; Ctrl-C ends it)`);
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve());
  if (signal.aborted) resolve();
  await promise;
  await server.shutdown();
}

function listen(
  port: number,
  fetch: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: HOSTNAME, port, onListen() {} }, (request) => fetch(request));
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    const message = `can't listen on ${HOSTNAME}:${port}, something else does; choose another with --port (0: any)`;
    throw new CommandError(message, { cause: error });
  }
}
