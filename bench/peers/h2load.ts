/** nghttp2's load generator, the yardstick: it requests one page over and over and reads no numbers. */

import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { H2LOAD } from "../programs.ts";

/** How h2load may be tuned. */
export interface H2loadOptions {
  /** What tables call it. Default: `h2load`. */
  name?: string;
  /** Streams on one connection. Default: 200. */
  streams?: number;
  /** Threads. Default: 1. */
  threads?: number;
}

/** In flight at most: there are about 28,000 ports for HTTP/1.1 connections, and as many file descriptors where limits are low. */
const MOST_CONNECTIONS = 10_000;
/** In flight at most over HTTP/2: 500 connections, which stay far from what limits HTTP/1.1. */
const MOST_STREAMS = 100_000;
/** The same where the server doesn't wait: more only takes memory and CPU. */
const MOST_STREAMS_AT_ONCE = 10_000;

/**
 * h2load with all pages in flight at once; the tuning table has it in other settings.
 *
 * @param options How it is tuned.
 */
export function h2load({ name = "h2load", streams = 200, threads = 1 }: H2loadOptions = {}): Peer {
  const inFlight = ({ trials, concurrency, http1, delayMs }: Load) =>
    Math.min(
      trials,
      concurrency ?? (http1 ? MOST_CONNECTIONS : delayMs === 0 ? MOST_STREAMS_AT_ONCE : MOST_STREAMS),
    );
  return {
    name,
    about: `h2load, ${streams} streams on each connection and as many connections as that takes, ` +
      `${threads} ${threads === 1 ? "thread" : "threads"}`,
    http: "2",
    check: "counts 2xx; reads bodies, but not the numbers in them",
    needs: [H2LOAD],
    inFlight,
    command(load, { url }) {
      const perClient = load.http1 ? 1 : Math.min(streams, inFlight(load));
      const clients = Math.ceil(inFlight(load) / perClient);
      const used = Math.min(load.workers ?? threads, clients);
      const args = ["h2load", `-n${load.trials}`, `-c${clients}`, `-m${perClient}`, `-t${used}`];
      if (load.http1) args.push("--h1");
      return { args: [...args, `${url}${load.trials - 1}`] };
    },
    read({ stdout }, { trials }) {
      const good = Number(/status codes: (\d+) 2xx/.exec(stdout)?.[1]);
      if (good !== trials) throw new Error(`${good} answers 2xx of ${trials}`);
      const [, amount, unit] = /^finished in ([\d.]+)(us|ms|s|m)?/m.exec(stdout) ?? [];
      return { seconds: Number(amount) * ({ us: 1e-6, ms: 1e-3, s: 1, m: 60 }[unit] ?? 1) };
    },
  };
}
