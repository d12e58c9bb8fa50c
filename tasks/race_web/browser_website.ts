/**
 * The slow website for the browser's own lane: the same site, which lets one page of another origin read its answers.
 *
 * A browser doesn't show a page what comes from another origin unless that says it may (CORS, Fetch Standard §3.2), nor when
 * it came (Resource Timing §4.5). `server.ts` says neither, and needn't for anybody but this page.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { durationFlag, integerFlag, switchFlag, urlFlag } from "../../lib/cli/flags.ts";
import { parseFlags } from "../../lib/cli/parse_flags.ts";
import { serve } from "../../site/serve.ts";
import { createSite } from "../../site/site.ts";
import { askedToStop } from "../../site/stop.ts";

const FLAGS = {
  port: integerFlag({ about: "port to listen on, 0 for any that is free", default: 0, max: 65_535 }),
  delay: durationFlag({ about: "how long to wait before each answer", default: 0 }),
  reader: urlFlag({ about: "the page that may read the answers" }),
  "stop-on-eof": switchFlag({ about: "stop when standard input ends" }),
};

/**
 * Lets the pages of one origin read the answers of a site.
 *
 * @param fetch What answers.
 * @param origin Who may read: `http://127.0.0.1:1234`.
 * @returns What answers so that it can be read.
 */
export function readableBy(
  fetch: Deno.ServeHandler<Deno.NetAddr>,
  origin: string,
): Deno.ServeHandler<Deno.NetAddr> {
  return async (request, info) => {
    const answer = await fetch(request, info);
    answer.headers.set("access-control-allow-origin", origin);
    answer.headers.set("timing-allow-origin", origin);
    return answer;
  };
}

async function main(): Promise<void> {
  const flags = parseFlags(Deno.args, FLAGS);
  const site = createSite({ behaviour: { delay: flags.delay } });
  const { origin } = new URL(flags.reader ?? `http://${HOSTNAME}/`);
  const server = serve(readableBy(site.app.fetch, origin), { hostname: HOSTNAME, port: flags.port });
  const stop = askedToStop({ onEof: flags["stop-on-eof"] });
  console.log(`listening on ${server.url}`);
  await stop;
  site.close();
  Deno.exit(0);
}

if (import.meta.main) await main();
