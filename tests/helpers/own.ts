/** All at once over connections of our own: what must hold over them, too, is tested with it. A script like the four. */

import { run } from "../../lib/cli/run.ts";
import { atOnce } from "../../lib/engine/at_once.ts";
import { type Strategy, strategy } from "../../lib/engine/strategy.ts";
import { Http1Client } from "../../lib/http/http1/client.ts";
import { sendOver } from "../../lib/http/send.ts";

/** Downloads over HTTP/1.1 on connections of our own; a retry goes over another one. */
export const own: Strategy = strategy(
  { title: "own", about: "all at once over connections of our own", concurrency: 400 },
  async (jobs, { download, concurrency, session }) => {
    const clients = [new Http1Client(session.settings), new Http1Client(session.settings)];
    const sends = clients.map(sendOver);
    await atOnce(concurrency, jobs, (job) => download(job, sends[job.attempt % 2]));
    for (const client of clients) client.close();
  },
);

if (import.meta.main) Deno.exit(await run(own));
