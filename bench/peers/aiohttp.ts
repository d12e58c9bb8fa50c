/** The original demonstration's stack. The program is in clients/. */

import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { AIOHTTP, PYTHON } from "../programs.ts";
import { readJson } from "../read_json.ts";

/** Connections in flight at most: each takes a file descriptor, on the server as well. */
const MOST = 10_000;

/** How aiohttp is set up. */
export interface AiohttpOptions {
  /** What tables call it. */
  name: string;
  /** Sessions, which have a pool of connections each. */
  sessions: number;
  /** Connections a session may have; 0 for no limit. */
  limit: number;
}

/**
 * aiohttp.
 *
 * @param options How it is set up.
 */
export function aiohttp({ name, sessions, limit }: AiohttpOptions): Peer {
  const inFlight = ({ trials, concurrency }: Load) => Math.min(trials, concurrency ?? MOST);
  return {
    name,
    about: `aiohttp, ${sessions === 1 ? "one session" : `${sessions} sessions`}, ` +
      `${limit ? `${limit} connections (its default)` : "no limit on connections"}`,
    http: "1.1",
    check: "every value, sum",
    needs: [AIOHTTP],
    inFlight: (load) => Math.min(inFlight(load), limit ? limit * sessions : Infinity),
    command(load, { url }) {
      const path = new URL("../clients/aiohttp_pages.py", import.meta.url).pathname;
      const { trials, bytes } = load;
      const options = JSON.stringify({ trials, bytes, inFlight: inFlight(load), sessions, limit });
      return { args: [PYTHON, path, url, options] };
    },
    read: readJson,
  };
}
