/**
 * Every client that is compared.
 *
 * @module
 */

import type { Peer } from "./peer.ts";
import { aiohttp } from "./peers/aiohttp.ts";
import { curl } from "./peers/curl.ts";
import { h2load } from "./peers/h2load.ts";
import { hey } from "./peers/hey.ts";
import { denoFetch, nodeHttp2, undiciH2, undiciPool } from "./peers/javascript.ts";
import { ours } from "./peers/ours.ts";

/** The client that the others are compared with. */
export const YARDSTICK = "h2load";

/** Our five, then the others; tables show them in this order. */
export const PEERS: Peer[] = [
  ours("simple"),
  ours("threaded"),
  ours("async"),
  ours("optimized"),
  ours("download"),
  denoFetch(1),
  denoFetch(2),
  h2load(),
  nodeHttp2(1),
  nodeHttp2(2),
  undiciH2(),
  undiciPool,
  hey,
  curl(34),
  aiohttp({ name: "aiohttp", sessions: 1, limit: 100 }),
  aiohttp({ name: "aiohttp ten sessions", sessions: 10, limit: 0 }),
];

/** h2load in other settings, for the table that shows which is best. */
export const TUNINGS: Peer[] = [
  h2load(),
  h2load({ name: "h2load m100", streams: 100 }),
  h2load({ name: "h2load m50", streams: 50 }),
  h2load({ name: "h2load m10", streams: 10 }),
  h2load({ name: "h2load t2", threads: 2 }),
];
