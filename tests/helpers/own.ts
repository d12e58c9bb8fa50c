/** All at once over connections of our own: what must hold over them, too, is tested with it. A script like the four. */

import { run } from "../../lib/cli/run.ts";
import { atOnce } from "../../lib/engine/at_once.ts";
import { type Strategy, strategy } from "../../lib/engine/strategy.ts";
import { Client } from "../../lib/http/client.ts";

/** Downloads over connections of our own, in the version that the options say. */
export const own: Strategy = strategy(
  { title: "own", about: "all at once over connections of our own", concurrency: 400 },
  async (jobs, { download, concurrency, session }) => {
    using client = new Client(session.settings, session);
    await atOnce(concurrency, jobs, (job) => download(job, client.send));
  },
);

/** The same over HTTP/2 only, by prior knowledge where there is no TLS. */
export const ownOverHttp2: Strategy = strategy(
  { title: "ownOverHttp2", about: "all at once over HTTP/2 connections of our own", concurrency: 400 },
  async (jobs, { download, concurrency, session }) => {
    using client = new Client({ ...session.settings, http: 2 }, session);
    await atOnce(concurrency, jobs, (job) => download(job, client.send));
  },
);

if (import.meta.main) Deno.exit(await run(own));
