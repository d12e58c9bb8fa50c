/**
 * What only download.ts is sent against, with many pages: overload as sites have it, redirects and logins, connections that
 * end in good order, bombs, and HTTP/2 that misbehaves frame by frame.
 *
 * @module
 */

import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { FailureKind } from "../../lib/core/outcome.ts";
import type { Http2Options } from "../../site/http2/server.ts";
import type { SiteOptions } from "../../site/site.ts";
import { type Ending, FAULT_CASES, type FaultCase } from "./cases.ts";

/** One thing to ask for, of a site of its own. */
export interface OwnCase extends FaultCase {
  /** How the site behaves to everyone. Default: as it does by itself, without a delay. */
  site?: SiteOptions;
  /** What the server that misbehaves frame by frame does; over HTTP/2 only. Default: it is the site that answers. */
  frames?: Http2Options;
  /** Milliseconds for which the site is away once three tenths of the pages have ended. Default: it stays. */
  away?: number;
  /** The URL of a page; `path` is what asks the site for it. Default: the two together. */
  urlOf?: (site: string, path: string) => string;
  /** How to download, beside what holds for all. Default: nothing else. */
  options?: StrategyOptions;
  /** What failures are called. Default: as for all others. */
  kinds?: readonly FailureKind[];
  /** Bytes of a page. Default: as for all others. */
  bytes?: number;
}

const RIGHT: readonly Ending[] = ["right"];

const sound = (name: string, query: string, more: Partial<OwnCase> = {}): OwnCase => ({
  name,
  query,
  expect: RIGHT,
  knowable: true,
  ...more,
});

/** A site with limits. */
const limited = (name: string, site: SiteOptions): OwnCase => sound(name, "", { site });

/** 200 at once, and then 500 per second. */
const PER_SECOND = { requestsPerSecond: 500, burst: 200 };

const OVERLOAD: readonly OwnCase[] = [
  // With many pages, nothing but 503 comes for a minute: that can't be told from a host that refuses everything
  sound("fail_first=2, 503", "fail_first=2", { expect: ["right", "fails"], kinds: ["status", "circuit-open"] }),
  sound("fail_first=2, 500", "fail_first=2&status=500"),
  // Over HTTP/2 a reset takes other pages with it, and their attempts
  sound("fail_first=1, reset", "fail_first=1&fault=CONNECTION_RESET_BY_PEER", { options: { retries: 20 } }),
  sound("fail_first=1, Retry-After as a date", "fail_first=1&retry_after=1&retry_after_form=date"),
  sound("failure_rate=0.2", "failure_rate=0.2"),
  sound("outage=500", "outage=500"),
  sound("outage=200, each second", "outage=200&outage_interval=1000"),
  sound("cold_start=500", "cold_start=500"),
  sound("connection_rate", "connection_rate=1000000"),
  sound("jitter, duration", "jitter=20&duration=20"),
  limited("requests per second, Retry-After", PER_SECOND),
  limited("requests per second, nothing said", { ...PER_SECOND, refuseWith: "nothing" }),
  limited("requests per second, S3's Slow Down", { ...PER_SECOND, refuseWith: "slow-down" }),
  limited("requests per second, RateLimit", { ...PER_SECOND, rateLimitHeaders: "ietf", limitPer: "address" }),
  limited("requests per second, X-RateLimit", { ...PER_SECOND, rateLimitHeaders: "x", limitPer: "host" }),
  limited("requests at once", { maxConcurrentRequests: 20 }),
  limited("requests at once, queued", { maxConcurrentRequests: 20, whenFull: "queue" }),
  sound("restart", "", { away: 300 }),
];

/** A redirect to the same site under another name, which is another origin. */
const redirected = (status: number): OwnCase =>
  sound(`redirect-to, ${status}`, "", {
    urlOf: (site, path) => {
      const url = new URL(path, site.replace("127.0.0.1", "localhost")).href;
      return `${site}redirect-to?status=${status}&url=${encodeURIComponent(url)}`;
    },
  });

const MIB = 2 ** 20;

/** A bomb for a client that takes a tenth of it at most. */
const bomb = (encoding: string): OwnCase => ({
  name: `bomb, ${encoding}`,
  query: `bomb=10&encoding=${encoding}&encoding_forced=true`,
  expect: ["fails"],
  knowable: true,
  options: { maxFilesize: MIB },
  kinds: ["too-large"],
});

/** What a stream's end by RST_STREAM, or a connection's by GOAWAY or FIN, may be called. */
const FRAMES: Record<string, Partial<OwnCase> & { frames: Http2Options }> = {
  "nothing wrong": { frames: {} },
  "GOAWAY with the first stream": { frames: { goawayAfter: 1 } },
  "GOAWAY with the 20th stream": { frames: { goawayAfter: 20, delay: 5 } },
  "RST_STREAM of all": { frames: { resetEvery: 1 }, expect: ["fails"] },
  "RST_STREAM of every 5th": { frames: { resetEvery: 5 }, options: { retries: 5 } },
  "1 stream at once": { frames: { maxStreams: 1, delay: 1 } },
  "streams at once that change": { frames: { maxStreams: 20, maxStreamsEvery: 10 } },
  "window of 1": { frames: { window: 1 } },
  "DATA of 1 byte": { frames: { frameSize: 1 }, bytes: 500 },
  // A thousand frames in a row that bring nothing are taken for an attack (RFC 9113 §10.5)
  "PING flood": { frames: { flood: "ping" }, expect: ["fails"], kinds: ["protocol"] },
  "SETTINGS flood": { frames: { flood: "settings" }, expect: ["fails"], kinds: ["protocol"] },
};

/** All of them. */
export const OWN_CASES: readonly OwnCase[] = [
  ...OVERLOAD,
  sound("redirects=3", "redirects=3"),
  sound("pieces without a length, at a rate", "chunk_size=500&rate=100000"),
  sound("gzip=true", "gzip=true"),
  // zstd and deflate are undone, but not asked for
  ...["br", "zstd", "deflate"].map((coding) =>
    sound(`${coding} for everyone`, `encoding=${coding}&encoding_forced=true`)
  ),
  ...[301, 302, 303, 307, 308].map(redirected),
  ...["gzip", "br", "zstd"].map(bomb),
  sound("TLS", "", { tls: "right" }),
  ...Object.entries(FRAMES).map(([name, more]) => sound(`HTTP/2: ${name}`, "", more)),
];

/** A way in which download.ts is sent against a case. */
export interface Way {
  /** Over which version of HTTP. */
  http: 1 | 2;
  /** Whether the list has the pages' SHA-256. */
  digests: boolean;
}

/**
 * The ways in which download.ts is sent against a case: over what it is there for, and with digests where they matter.
 *
 * @param fault The case.
 */
export function waysOf({ name, digest, tls, frames }: OwnCase): Way[] {
  if (digest) return []; // each case is tried with digests
  const digests = FAULT_CASES.some((fault) => fault.name === name) ? [false, true] : [false];
  // What ends without close_notify is HTTP/1.1; what misbehaves frame by frame is HTTP/2
  const versions: readonly Way["http"][] = frames ? [2] : tls === "no-close-notify" ? [1] : [1, 2];
  return versions.flatMap((http) => digests.map((digests) => ({ http, digests })));
}
