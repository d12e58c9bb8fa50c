/**
 * A slow website without anything that isn't needed here: pages of a given size, or HTTP/1.1 only, which Deno.serve
 * can't be restricted to. It counts what it sees as the slow website does.
 *
 *     deno run -A bench/plain_site.ts --http1
 *     deno run -A bench/plain_site.ts --bytes 10000
 *
 * @module
 */

import { createServer } from "node:http";
import { DELAY_MS, HOSTNAME, TCP_BACKLOG } from "../constants.ts";
import { durationFlag, integerFlag, switchFlag, textFlag } from "../lib/cli/flags.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { DelayQueue } from "../site/delay_queue.ts";
import { Stats } from "../site/stats.ts";
import { askedToStop } from "../site/stop.ts";

const flags = parseFlags(Deno.args, {
  port: integerFlag({ about: "port to listen on, 0 for any that is free", default: 0, max: 65_535 }),
  hostname: textFlag({ about: "address to listen on", default: HOSTNAME }),
  delay: durationFlag({ about: "wait before every answer", default: DELAY_MS }),
  bytes: integerFlag({ about: "size of every page, 0 for its own number", default: 0 }),
  http1: switchFlag({ about: "speak HTTP/1.1 only" }),
  "stop-on-eof": switchFlag({ about: "stop when standard input ends" }),
});

const stats = new Stats();
const queue = new DelayQueue(flags.delay);
const page = new Uint8Array(flags.bytes).fill(0x20);
const stop = askedToStop({ onEof: flags["stop-on-eof"] });

if (flags.http1) serveHttp1();
else serveBoth();
await stop;
Deno.exit(0);

/** The body of a page, after the delay. */
async function answer(path: string, address: Deno.NetAddr): Promise<string | Uint8Array<ArrayBuffer>> {
  const visitor = stats.begin(address);
  if (flags.delay > 0) await queue.wait();
  stats.end(visitor, 200);
  return flags.bytes > 0 ? page : path.slice(1);
}

/** What the slow website answers under /stats. */
function statsPage(method: string | undefined): string {
  const report = JSON.stringify(stats.report());
  if (method === "DELETE") stats.reset();
  return report;
}

function serveBoth(): void {
  const { hostname, port } = flags;
  const onListen = (addr: Deno.NetAddr) => console.log(`listening on http://${addr.hostname}:${addr.port}/`);
  Deno.serve({ hostname, port, tcpBacklog: TCP_BACKLOG, onListen }, async (request, { remoteAddr }) => {
    const path = request.url.slice(request.url.indexOf("/", "http://".length));
    return new Response(path === "/stats" ? statsPage(request.method) : await answer(path, remoteAddr));
  });
}

function serveHttp1(): void {
  const { hostname, port } = flags;
  const server = createServer(async (request, response) => {
    const { url = "/", method, socket } = request;
    const address: Deno.NetAddr = {
      transport: "tcp",
      hostname: socket.remoteAddress ?? "",
      port: socket.remotePort ?? 0,
    };
    const body = url === "/stats" ? statsPage(method) : await answer(url, address);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  server.listen({ host: hostname, port, backlog: TCP_BACKLOG }, () => {
    const address = server.address();
    if (typeof address === "object" && address) console.log(`listening on http://${hostname}:${address.port}/`);
  });
}
