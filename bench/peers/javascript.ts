/**
 * Clients in JavaScript: Node's own http2, undici, and Deno's fetch with nothing around it, to tell what ours
 * adds. The programs are in clients/.
 */

import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { DENO, NODE, NODE_ENV, UNDICI } from "../programs.ts";
import { readJson } from "../read_json.ts";

/** Requests in flight at most in each thread, as many as one isolate of ours has; over HTTP/1.1 each takes a connection. */
const MOST = 10_000;

/** A program in clients/. */
interface Client {
  name: string;
  about: string;
  /** Its file. */
  program: string;
  /** What runs it. Default: Node. */
  runtime?: string[];
  /** What must be installed. Default: Node. */
  needs?: Peer["needs"];
  http: "1.1" | "2";
  /** Threads by default. */
  threads: number;
}

function javaScriptClient(client: Client): Peer {
  const { name, about, program, runtime = ["node"], needs = [NODE], http, threads } = client;
  const inFlight = ({ trials, concurrency, workers = threads }: Load) =>
    Math.min(trials, concurrency ?? MOST * workers);
  return {
    name,
    about,
    http,
    check: "every value, sum",
    needs,
    inFlight,
    refuses: ({ http1 }) => http1 && http === "2" ? "speaks HTTP/2 only" : undefined,
    command(load, { url }) {
      const path = new URL(`../clients/${program}.mjs`, import.meta.url).pathname;
      const { trials, bytes, workers = threads } = load;
      return {
        args: [...runtime, path, url, JSON.stringify({ trials, bytes, workers, inFlight: inFlight(load) })],
        env: NODE_ENV,
      };
    },
    read: readJson,
  };
}

/** undici's Pool. */
export const undiciPool: Peer = javaScriptClient({
  name: "undici Pool",
  about: "undici's Pool.request, `connections` as many as requests in flight, no pipelining",
  program: "undici_pool",
  needs: [NODE, UNDICI],
  http: "1.1",
  threads: 1,
});

/** undici over HTTP/2. */
export function undiciH2(): Peer {
  return javaScriptClient({
    name: "undici h2",
    about: "undici's H2CClient.request, 100 streams on each",
    program: "undici_h2",
    needs: [NODE, UNDICI],
    http: "2",
    threads: 1,
  });
}

/**
 * Node's http2 module.
 *
 * @param threads Worker threads, which share the pages; 1 for none.
 */
export function nodeHttp2(threads: number): Peer {
  return javaScriptClient({
    name: `node http2${threads > 1 ? ` x${threads}` : ""}`,
    about: `Node's http2, 100 streams on each session${inThreads(threads)}`,
    program: "node_http2",
    http: "2",
    threads,
  });
}

/**
 * Deno's fetch over HttpClients.
 *
 * @param threads Worker threads, which share the pages; 1 for none.
 */
export function denoFetch(threads: number): Peer {
  return javaScriptClient({
    name: `deno fetch${threads > 1 ? ` x${threads}` : ""}`,
    about: `Deno's fetch on HttpClients of 200 streams, without deadlines, retries or outcomes${inThreads(threads)}`,
    program: "deno_fetch",
    runtime: [Deno.execPath(), "run", "-A", "--quiet"],
    needs: [DENO],
    http: "2",
    threads,
  });
}

function inThreads(threads: number): string {
  return threads > 1 ? `, in ${threads} worker threads` : "";
}
