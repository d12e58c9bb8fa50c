/**
 * The slow website: its routes, and what it counts.
 *
 * A plain page is answered right here, as cheaply as possible; everything else that a request or a flag asks for is in
 * api.ts and the files it uses, loaded when first needed.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { DELAY_MS } from "../constants.ts";
import { AccessLog } from "./access_log.ts";
import type { Api } from "./api.ts";
import { ConnectionLimit } from "./connection_limit.ts";
import { DelayQueue } from "./delay_queue.ts";
import { internalError, methodNotAllowed, notFound, refused, unprocessable } from "./errors.ts";
import { headOf } from "./head.ts";
import { NOT_AN_INTEGER, readInteger } from "./integer.ts";
import { Live } from "./live.ts";
import type { Page } from "./page.ts";
import type { Behaviour } from "./parameters.ts";
import { Stats } from "./stats.ts";
import { Throttle, type ThrottleOptions } from "./throttle.ts";

/** How the site behaves by default, and its limits for all clients together. */
export interface SiteOptions extends ThrottleOptions {
  /** Defaults for requests that don't ask otherwise. Default: a delay of {@linkcode DELAY_MS} only. */
  behaviour?: Behaviour;
  /** Connections served at once; those beyond are reset. Default: unlimited. */
  maxConnections?: number;
  /** The file that every request is logged to. Default: none. */
  accessLog?: string;
}

/** The site: what answers requests, and its counters. */
export interface Site extends Disposable {
  /** Answers requests; its `fetch` goes into `Deno.serve`. */
  app: { fetch: Deno.ServeHandler<Deno.NetAddr> };
  /** What it counts. */
  stats: Stats;
  /** Ends answers that would never end by themselves, so that the server can stop. */
  close(): void;
}

/** What comes with a request, beside the request itself. */
interface Info {
  remoteAddr: Deno.NetAddr;
  completed: Promise<void>;
  head?: boolean;
}
/** How a request ends: as the page behaves, or refused by a limit. */
type Outcome = Omit<Page, "fault"> & { fault?: string };
type SiteContext = Context<{ Bindings: Info }>;

// Shared by all responses: Deno.serve sends a string with a lone content-type on its fastest path.
const JSON_TEXT = { headers: { "content-type": "application/json" } };

/** Builds the site. */
export function createSite(options: SiteOptions = {}): Site {
  const behaviour: Behaviour = { delay: DELAY_MS, ...options.behaviour };
  const { delay = 0, ...others } = behaviour;
  const queue = new DelayQueue(delay);
  const stats = new Stats();
  const live = new Live((url, isInterval) => liveReport(stats, url, isInterval));
  const throttle = new Throttle(options);
  const connections = options.maxConnections === undefined ? undefined : new ConnectionLimit(options.maxConnections);
  const log = options.accessLog === undefined ? undefined : new AccessLog(options.accessLog);
  const counted = (c: SiteContext, answer: () => Page | Promise<Page>) =>
    answerCounted(c, { stats, throttle, connections, log }, answer);
  const everyoneIsPlain = Object.values(others).every((value) => value === undefined) && !connections && !log &&
    options.maxConcurrentRequests === undefined && options.requestsPerSecond === undefined;

  let loading: Promise<Api> | undefined;
  const api = () => loading ??= import("./api.ts").then(({ createApi }) => createApi(behaviour));

  const app = new Hono<{ Bindings: Info }>();
  app.get("/", async (c) => c.html((await import("./home.ts")).HOME));
  app.get("/stats", (c) => {
    const wantsEvents = c.req.header("accept")?.includes("text/event-stream") && !c.env.head;
    return wantsEvents ? live.listen(c.req.raw.url) : Response.json(stats.report(), { headers: { vary: "accept" } });
  });
  app.delete("/stats", async () => {
    stats.reset();
    (await loading)?.reset();
    return new Response(null, { status: 204 });
  });
  app.get("/openapi.json", async () => Response.json((await api()).document()));
  app.on("GET", ["/docs", "/docs/*"], (c) => docsAnswer(c.req.path));
  app.on("ALL", ["/", "/docs", "/openapi.json"], () => methodNotAllowed("GET, HEAD"));
  app.all("/stats", () => methodNotAllowed("GET, HEAD, DELETE"));

  app.get("/urls", (c) => counted(c, async () => (await api()).answer(c.req.raw, c.env)));
  app.get("/:n", async (c) => {
    if (!everyoneIsPlain || c.req.raw.url.includes("?")) {
      return counted(c, async () => (await api()).answer(c.req.raw, c.env));
    }
    const number = readInteger(c.req.param("n"));
    if (number === undefined) {
      return counted(c, () => ({ response: unprocessable([{ ...NOT_AN_INTEGER, input: c.req.param("n") }]) }));
    }
    const visitor = stats.begin(c.env.remoteAddr, c.req.raw);
    if (delay > 0) await queue.wait();
    stats.end(visitor, 200);
    return new Response(number, JSON_TEXT);
  });
  app.all("/:n", (c) => counted(c, () => ({ response: methodNotAllowed("GET, HEAD") })));
  app.notFound((c) => counted(c, () => ({ response: notFound() })));

  app.onError(internalError);
  return {
    app: Object.assign(app, { fetch: withHead(app.fetch) }),
    stats,
    close: () => live.close(),
    [Symbol.dispose]: () => log?.[Symbol.dispose](),
  };
}

/** What the live page is sent, besides the counters: what only matters to somebody who watches. */
async function liveReport(stats: Stats, url: string, isInterval: boolean) {
  const { openConnections } = await import("./open_connections.ts");
  const open = await openConnections(Number(new URL(url).port) || 80);
  const peak = isInterval ? stats.takeIntervalPeak() : stats.inFlight;
  return { ...stats.report(), "peak_in_interval": peak, "open_connections": open };
}

async function docsAnswer(path: string): Promise<Response> {
  const { DOCS } = await import("./docs.ts");
  const asset = DOCS.get(path);
  return asset ? new Response(asset.text, { headers: { "content-type": asset.type } }) : notFound();
}

/** Answers HEAD like GET, but for the body. */
function withHead(get: (request: Request, info: Info) => Response | Promise<Response>) {
  return (request: Request, info: Info) => {
    if (request.method !== "HEAD") return get(request, info);
    const { remoteAddr, completed } = info;
    const asGet = new Request(request.url, { headers: request.headers });
    return Promise.resolve(get(asGet, { remoteAddr, completed, head: true })).then(headOf);
  };
}

/** What every request that isn't plain passes: limits, the counters, the log. */
interface Door {
  stats: Stats;
  throttle: Throttle;
  connections?: ConnectionLimit;
  log?: AccessLog;
}

/** Limits, answers, counts and logs a request, which is over when its response has been sent or can't be. */
async function answerCounted(c: SiteContext, door: Door, answer: () => Page | Promise<Page>): Promise<Response> {
  const { stats, throttle, connections, log } = door;
  const { remoteAddr, completed, head } = c.env;
  const { method, url } = c.req.raw;
  const begin = performance.now();
  const visitor = stats.begin(remoteAddr, c.req.raw);
  const unconnected = connections?.admit(remoteAddr) === false;
  const refusal = unconnected ? undefined : await throttle.enter();
  const over = (status?: number) => {
    stats.end(visitor, status);
    if (!unconnected && !refusal) throttle.leave();
  };
  const page = (): Outcome | Promise<Outcome> => {
    if (unconnected) return { fault: "MAX_CONNECTIONS" };
    return refusal ? { response: refused(refusal) } : answer();
  };
  try {
    const { response, fault } = await page();
    const status = response?.status;
    if (fault) stats.fault(fault);
    completed.then(() => over(status), () => over(status));
    log?.note({
      time: new Date().toISOString(),
      address: remoteAddr.hostname,
      port: remoteAddr.port,
      method: head ? "HEAD" : method,
      path: url.slice(url.indexOf("/", "https://".length)),
      status,
      fault,
      ms: Math.round(performance.now() - begin),
    });
    return response ?? gone();
  } catch (error) {
    over(500);
    throw error;
  }
}

/** What Deno.serve gets where the connection is gone: it demands a response all the same, which no client receives. */
function gone(): Response {
  return new Response(null, { status: 500 });
}
