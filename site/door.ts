/**
 * What every request passes that isn't plain: limits, the counters, the log.
 *
 * @module
 */

import type { AccessLog, AccessLogEntry } from "./access_log.ts";
import type { ConnectionLimit } from "./connection_limit.ts";
import type { Journal } from "./journal.ts";
import type { Limits } from "./limits.ts";
import type { Page } from "./page.ts";
import type { Stats } from "./stats.ts";

/** What comes with a request, beside the request itself. */
export interface Info {
  /** The client's address. */
  remoteAddr: Deno.NetAddr;
  /** Settles when the response has been sent, or can't be. */
  completed: Promise<void>;
  /** Whether only the headers will be sent. */
  head?: boolean;
}

/** How a request ends: as the page behaves, or refused by a limit. */
type Outcome = Omit<Page, "fault"> & { fault?: string };

/** What every request that isn't plain passes: limits, the counters, the log. */
export interface Door {
  /** The counters. */
  stats: Stats;
  /** Whom it lets in. */
  limits: Limits;
  /** Connections that are let in. Absent: all. */
  connections?: ConnectionLimit;
  /** The file that it is written to. Absent: none. */
  log?: AccessLog;
  /** The last requests. Absent: they aren't kept. */
  journal?: Journal;
}

/** Limits, answers, counts and logs a request, which is over when its response has been sent or can't be. */
export async function answerCounted(
  request: Request,
  { remoteAddr, completed, head }: Info,
  { stats, limits, connections, log, journal }: Door,
  answer: () => Page | Promise<Page>,
): Promise<Response> {
  const { method, url } = request;
  const begin = performance.now();
  const visitor = stats.begin(remoteAddr, request);
  const throttle = limits.of(url, remoteAddr);
  const unconnected = connections?.admit(remoteAddr) === false;
  const refusal = unconnected ? undefined : await throttle.enter();
  const over = (status?: number) => {
    stats.end(visitor, status);
    if (!unconnected && !refusal) throttle.leave();
  };
  const page = (): Outcome | Promise<Outcome> => {
    if (unconnected) return { fault: "MAX_CONNECTIONS" };
    return refusal ? { response: limits.refused(refusal) } : answer();
  };
  const note = (entry: AccessLogEntry) => {
    log?.note(entry);
    journal?.note(entry);
  };
  try {
    const { response, fault } = await page();
    const status = response?.status;
    for (const [name, value] of Object.entries(limits.fields(throttle))) response?.headers.set(name, value);
    if (fault) stats.fault(fault);
    completed.then(() => over(status), () => over(status));
    if (log || journal) {
      note({
        time: new Date().toISOString(),
        address: remoteAddr.hostname,
        port: remoteAddr.port,
        method: head ? "HEAD" : method,
        path: url.slice(url.indexOf("/", "https://".length)),
        status,
        fault,
        ms: Math.round(performance.now() - begin),
      });
    }
    return response ?? gone();
  } catch (error) {
    over(500);
    throw error;
  }
}

/** What Deno.serve gets where the connection is gone: it demands a response all the same, which no client receives. */
export function gone(): Response {
  return new Response(null, { status: 500 });
}
