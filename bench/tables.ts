/**
 * The tables there are: which loads, which clients, which picture.
 *
 * @module
 */

import { DELAY_MS } from "../constants.ts";
import { formatDuration } from "../lib/core/duration.ts";
import { count, type Load, size } from "./load.ts";
import type { Peer } from "./peer.ts";
import { PEERS, TUNINGS } from "./peers.ts";

/** A series of comparisons. */
export interface Table {
  /** What `--tables` knows it by. */
  name: string;
  /** Its heading. */
  title: string;
  /** What it shows, in a sentence. */
  about: string;
  /** What is asked of the clients, one comparison after another. */
  loads: Load[];
  /** The clients. */
  peers: Peer[];
  /** Clients that run in one round only, because they take too long for more. */
  once?: string[];
  /** The picture to draw of it. Default: none. */
  chart?: Chart;
}

/** A picture of a table: a line for every client, a point on it for every load. */
export interface Chart {
  /** What differs between the loads. */
  x: string;
  /** What a load is called on the axis. */
  label: (load: Load) => string;
  /** What is drawn: `seconds` for a run, or `rate`, pages per second. */
  y: "seconds" | "rate";
}

/** What the loads of all tables have in common, and how far they go. */
export interface TableOptions {
  /** Numbers of pages, in tables that have one. Default: each table's own, for the main one 100, 1,000 and 10,000. */
  trials?: readonly number[];
  /** Milliseconds the server waits, in tables that aren't about that. Default: the slow website's. */
  delayMs?: number;
}

/** The clients that hold thousands in flight without effort, for tables about what happens at scale. */
const AT_SCALE = ["async", "optimized", "download", "h2load", "node http2", "node http2 x2", "undici h2"];

/** The tables' names, in their order. */
export const TABLE_NAMES = [
  "main",
  "http1",
  "workers",
  "delay",
  "large",
  "million",
  "http1-large",
  "unlimited",
  "scale",
  "in-flight",
  "body",
  "tuning",
] as const;

/** One of the tables. */
export type TableName = typeof TABLE_NAMES[number];

/**
 * Makes the tables.
 *
 * @param options How far they go.
 * @returns All of them, by name.
 */
export function makeTables({ trials, delayMs = DELAY_MS }: TableOptions): Record<TableName, Table> {
  const load = (load: Partial<Load>): Load => ({ trials: 10_000, delayMs, bytes: 0, http1: false, ...load });
  return { ...clientTables(load, trials), ...scaleTables(load, trials) };
}

/** Makes a load of what is special about it. */
type MakeLoad = (load: Partial<Load>) => Load;

const peers = (...names: string[]) => PEERS.filter(({ name }) => names.includes(name));

/** Tables that say which client is how good. */
function clientTables(load: MakeLoad, trials: TableOptions["trials"]) {
  return {
    main: {
      name: "main",
      title: "All clients",
      about: "Every client with its best setting, on the slow website.",
      loads: (trials ?? [100, 1_000, 10_000]).map((trials) => load({ trials })),
      peers: PEERS,
    },
    http1: {
      name: "http1",
      title: "HTTP/1.1 only",
      about: "Where the server speaks nothing newer: a connection for every request in flight.",
      loads: (trials ?? [10_000]).map((trials) => load({ trials, http1: true })),
      peers: peers("async", "optimized", "download", "h2load", "undici Pool", "hey", "curl many"),
    },
    workers: {
      name: "workers",
      title: "Threads",
      about:
        "The same work on one thread of the client and on more; the server has to have its share of the cores too.",
      loads: (trials ?? [10_000]).flatMap((trials) => [1, 2, 4].map((workers) => load({ trials, workers }))),
      peers: peers("optimized", "download", "h2load", "node http2"),
      chart: { x: "threads", label: ({ workers, trials }) => `${workers} (${count(trials)} pages)`, y: "seconds" },
    },
    delay: {
      name: "delay",
      title: "The server's delay",
      about: "From a server that answers at once to one that takes a second.",
      loads: (trials ?? [10_000]).flatMap((trials) => [0, 10, 100, 1_000].map((delayMs) => load({ trials, delayMs }))),
      peers: peers("async", "optimized", "download", "deno fetch", "h2load", "node http2"),
      chart: { x: "delay", label: ({ delayMs }) => formatDuration(delayMs), y: "seconds" },
    },
  } satisfies Partial<Record<TableName, Table>>;
}

/** Tables that say what happens at scale, and with larger bodies or other settings. */
function scaleTables(load: MakeLoad, trials: TableOptions["trials"]) {
  return {
    large: {
      name: "large",
      title: "A hundred thousand pages",
      about: "Ten times what one isolate has in flight at most that sends by fetch.",
      loads: (trials ?? [100_000]).map((trials) => load({ trials })),
      peers: peers("optimized", "download", "deno fetch x2", "h2load", "node http2 x2", "undici h2"),
    },
    million: {
      name: "million",
      title: "A million pages",
      about:
        "Without any delay, which is a fifth of them first, to see what memory grows with; then with a second of it.",
      loads: (trials ?? [1_000_000]).flatMap((trials) => [
        load({ trials: Math.ceil(trials / 5), delayMs: 0 }),
        load({ trials, delayMs: 0 }),
        load({ trials }),
      ]),
      peers: peers("optimized", "download", "h2load"),
      once: ["optimized"],
    },
    "http1-large": {
      name: "http1-large",
      title: "A hundred thousand pages over HTTP/1.1 only",
      about: "Ten times what there are connections for.",
      loads: (trials ?? [100_000]).map((trials) => load({ trials, http1: true })),
      peers: peers("optimized", "download", "h2load"),
    },
    unlimited: {
      name: "unlimited",
      title: "A server that is no limit",
      about: "The same pages as files from servers in C, over HTTP/2 without TLS: what a page costs the client.",
      loads: (trials ?? [100_000]).flatMap((trials) =>
        (["nginx", "nghttpd"] as const).map((server) => load({ trials, delayMs: 0, server }))
      ),
      peers: peers("optimized", "download", "h2load", "undici h2"),
    },
    scale: {
      name: "scale",
      title: "From a hundred pages to a hundred thousand",
      about: "As many in flight as each client may have at most.",
      loads: (trials ?? [100, 1_000, 10_000, 100_000]).map((trials) => load({ trials })),
      peers: peers(...AT_SCALE),
      chart: { x: "pages", label: ({ trials }) => count(trials), y: "rate" },
    },
    "in-flight": {
      name: "in-flight",
      title: "Requests in flight",
      about: "How many requests at once pay: twice as many pages as fit in flight.",
      loads: [100, 1_000, 10_000, 20_000, 40_000].map((concurrency) => load({ trials: 2 * concurrency, concurrency })),
      peers: peers(...AT_SCALE),
      chart: { x: "in flight", label: ({ concurrency = 0 }) => count(concurrency), y: "rate" },
    },
    body: {
      name: "body",
      title: "Larger bodies",
      about: "Numbers, pages of 10 KB and of 1 MB, at a delay of 100 ms: bodies are read and counted, not saved.",
      loads: [{ bytes: 0, trials: 10_000 }, { bytes: 10_000, trials: 10_000 }, { bytes: 1_000_000, trials: 1_000 }]
        .map(({ bytes, trials }) => load({ bytes, trials, delayMs: 100 })),
      peers: peers(...AT_SCALE, "undici Pool", "curl many", "aiohttp ten sessions"),
      chart: {
        x: "size",
        label: ({ bytes, trials }) => `${count(trials)} of ${bytes ? size(bytes) : "4 bytes"}`,
        y: "seconds",
      },
    },
    tuning: {
      name: "tuning",
      title: "h2load's settings",
      about: "The yardstick in other settings than the one used everywhere else.",
      loads: (trials ?? [10_000]).map((trials) => load({ trials })),
      peers: TUNINGS,
    },
  } satisfies Partial<Record<TableName, Table>>;
}
