/**
 * A slow website: `GET /{n}` waits a second, then answers the integer n.
 *
 *     deno run -A server.ts                            on 127.0.0.1:8000
 *     deno run -A server.ts --port 8001 --delay 50ms   elsewhere, faster
 *     deno serve -A --parallel server.ts               on every core
 *
 * It is made for testing programs that download. It obeys whoever asks it to misbehave, so don't put it on the internet.
 *
 * @module
 */

import { SHUTDOWN_DEADLINE_MS } from "./constants.ts";
import { print } from "./lib/core/print.ts";
import { scriptArgs } from "./lib/cli/script_args.ts";
import { orExit } from "./site/command/or_exit.ts";
import { readFlags, siteOptions } from "./site/command/read_flags.ts";
import { start, type Started } from "./site/command/start.ts";
import { refuseUnderDenoServe, underDenoServe } from "./site/command/under_deno_serve.ts";
import { createSite, type Site } from "./site/site.ts";
import { askedToStop } from "./site/stop.ts";

const args = scriptArgs("server", import.meta.main);
const isServed = import.meta.main && underDenoServe();
const flags = await orExit(() => readFlags(args ?? []));
if (isServed) await orExit(() => refuseUnderDenoServe(flags));
let server: Started | undefined;
const site = await orExit(async () =>
  createSite({
    ...await siteOptions(flags),
    onRestart: isServed ? undefined : (downMs) => server?.restart(downMs),
    ca: () => server?.ca,
  })
);

/** The site, a Hono app: for `deno serve`, and for whoever wants to serve it otherwise. */
const app: Site["app"] = site.app;
export default app;

if (args && !isServed) await main();

async function main(): Promise<void> {
  if (flags.help || flags.version || flags.completions) {
    await orExit(async () => print((await import("./site/command/help.ts")).aboutServer(flags)));
    Deno.exit(0);
  }
  // Deno.serve, and what keeps it going when file descriptors run out.
  server = await orExit(() => start(site, flags));
  const stop = askedToStop({ onEof: flags["stop-on-eof"] });
  console.log(`listening on ${server.url}`);
  console.log(`docs at ${server.control ?? server.url}docs`);
  if (server.frames) console.log(`frames at ${server.frames}`);
  await stop;

  const deadline = setTimeout(() => {
    console.error(`server: stopped with ${site.stats.inFlight} requests unanswered after ${SHUTDOWN_DEADLINE_MS} ms`);
    site[Symbol.dispose]();
    Deno.exit(0);
  }, SHUTDOWN_DEADLINE_MS);
  site.close();
  await server.shutdown();
  clearTimeout(deadline);
  site[Symbol.dispose]();
  Deno.exit(0);
}
