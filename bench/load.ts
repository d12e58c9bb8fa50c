/**
 * What every client is asked to do: how many pages, from what kind of server.
 *
 * @module
 */

import { formatDuration } from "../lib/core/duration.ts";

/** One task, the same for every client. */
export interface Load {
  /** Pages to download: `/0` to `/trials - 1`. */
  trials: number;
  /** Milliseconds the server waits before it answers. */
  delayMs: number;
  /** Bytes of every page; 0 for the page's own number, which clients check and add up. */
  bytes: number;
  /** Whether the server speaks HTTP/1.1 only, instead of HTTP/1.1 and HTTP/2. */
  http1: boolean;
  /** Requests in flight at most, the same for every client. Default: what each client is best with. */
  concurrency?: number;
  /** Threads the client downloads with. Default: what each client is best with. */
  workers?: number;
  /** A server in C that serves the pages as files, over HTTP/2 without TLS. Default: the slow website. */
  server?: "nginx" | "nghttpd";
}

/**
 * A load in words.
 *
 * @param load What is asked for.
 * @returns For example `10,000 pages, server delay 1s`.
 */
export function describeLoad(load: Load): string {
  const parts = [
    `${count(load.trials)} pages${load.bytes ? ` of ${size(load.bytes)}` : ""}`,
    load.server ? `${load.server}, HTTP/2 without TLS` : `server delay ${formatDuration(load.delayMs)}`,
  ];
  if (load.http1) parts.push("HTTP/1.1 only");
  if (load.concurrency) parts.push(`${count(load.concurrency)} in flight at most`);
  if (load.workers) parts.push(`${load.workers} ${load.workers === 1 ? "thread" : "threads"}`);
  return parts.join(", ");
}

/**
 * The sum of the numbers on all pages.
 *
 * @param load What is asked for.
 * @returns 0 + 1 + ... + (trials - 1), exact, in decimal digits.
 */
export function expectedSum({ trials }: Load): string {
  return String(BigInt(trials) * BigInt(trials - 1) / 2n);
}

/** A whole number with commas between its thousands. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** A number of bytes in the decimal unit that suits it, for example `10 KB`. */
export function size(bytes: number): string {
  if (bytes >= 1e6) return `${bytes / 1e6} MB`;
  return bytes >= 1e3 ? `${bytes / 1e3} KB` : `${bytes} bytes`;
}
