/** Deno's own fetch with nothing around it, to tell what ours adds. The program is in clients/. */

import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { DENO } from "../programs.ts";
import { readJson } from "../read_json.ts";

/** Requests in flight at most in each thread. */
const MOST = 10_000;

/**
 * Deno's fetch over HttpClients.
 *
 * @param threads Worker threads, which share the pages; 1 for none.
 * @returns It as a peer.
 */
export function denoFetch(threads: number): Peer {
  const inFlight = ({ trials, concurrency, workers = threads }: Load) =>
    Math.min(trials, concurrency ?? MOST * workers);
  return {
    name: `deno fetch${threads > 1 ? ` x${threads}` : ""}`,
    about: `Deno's fetch on HttpClients of 200 streams, without deadlines, retries or outcomes${
      threads > 1 ? `, in ${threads} threads` : ""
    }`,
    http: "2",
    check: "every value, sum",
    needs: [DENO],
    inFlight,
    refuses: ({ http1 }) => http1 ? "speaks HTTP/2 only" : undefined,
    command(load, { url }) {
      const path = new URL("../clients/deno_fetch.mjs", import.meta.url).pathname;
      const { trials, bytes, workers = threads } = load;
      const options = JSON.stringify({ trials, bytes, workers, inFlight: inFlight(load) });
      return { args: [Deno.execPath(), "run", "-A", "--quiet", path, url, options] };
    },
    read: readJson,
  };
}
