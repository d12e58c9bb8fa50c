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
import { AccessLog, type AccessLogEntry } from "./access_log.ts";
import type { Api } from "./api.ts";
import { ConnectionLimit } from "./connection_limit.ts";
import { DelayQueue } from "./delay_queue.ts";
import { internalError, methodNotAllowed, notFound } from "./errors.ts";
import { headOf } from "./head.ts";
import { readInteger } from "./integer.ts";
import { type LimitOptions, Limits } from "./limits.ts";
import { Journal } from "./journal.ts";
import { Live } from "./live.ts";
import type { Page } from "./page.ts";
import { type Behaviour, PARAMETER_LIST } from "./parameters.ts";
import type { Settings } from "./settings.ts";
import { Stats } from "./stats.ts";

/** How the site behaves by default, and its limits for all clients together. */
export interface SiteOptions extends LimitOptions {
  /** The last requests that are kept for `/requests`. Default: 0. */
  journal?: number;
  /** Behaviours by name, as they stand in JSON, for `PUT /behaviour?scenario=`. Default: none. */
  scenarios?: Record<string, unknown>;
  /** Defaults for requests that don't ask otherwise. Default: a delay of {@linkcode DELAY_MS} only. */
  behaviour?: Behaviour;
  /** Connections served at once; those beyond are reset. Default: unlimited. */
  maxConnections?: number;
  /** The file that every request is logged to. Default: none. */
  accessLog?: string;
  /** Called when the site was asked to be away for so many milliseconds. Default: it refuses to restart. */
  onRestart?: (downMs: number) => void;
  /** The certificate of the authority that vouches for it, PEM. Default: none, for a site without TLS. */
  ca?: () => string | undefined;
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

/** Pages about the site: neither counted nor limited. */
const CONTROLS: ReadonlySet<string> = new Set(["/restart", "/ca.pem", "/behaviour", "/scenarios", "/requests"]);

// Shared by all responses: Deno.serve sends a string with a lone content-type on its fastest path.
const JSON_TEXT = { headers: { "content-type": "application/json" } };

/** Builds the site. */
export function createSite(options: SiteOptions = {}): Site {
  const { accessLog, maxConnections, onRestart, ca, scenarios, behaviour: _, now, ...ownSettings } = options;
  const first: Settings = { delay: DELAY_MS, ...options.behaviour, ...ownSettings };
  // One object for good, since the routes refer to it; what it holds can change.
  const behaviour: Behaviour = {};
  let settings: Settings;
  let delay: number;
  let queue: DelayQueue;
  let limits: Limits;
  let journal: Journal | undefined;
  let everyoneIsPlain: boolean;
  const configure = (next: Settings = first) => {
    settings = next;
    for (const [name] of PARAMETER_LIST) delete behaviour[name];
    Object.assign(behaviour, behaviourIn(next));
    delay = next.delay ?? 0;
    queue = new DelayQueue(delay);
    limits = new Limits({ ...next, now });
    if (!next.journal) journal = undefined;
    else if (next.journal !== journal?.size) journal = new Journal(next.journal);
    const isLimited = next.maxConcurrentRequests !== undefined || next.requestsPerSecond !== undefined;
    const isPlain = Object.entries(behaviour).every(([name, value]) => name === "delay" || value === undefined);
    everyoneIsPlain = isPlain && !isLimited && !connections && !log && !journal;
  };
  const stats = new Stats();
  const live = new Live(() => stats.report());
  const connections = maxConnections === undefined ? undefined : new ConnectionLimit(maxConnections);
  const log = accessLog === undefined ? undefined : new AccessLog(accessLog);
  const counted = (c: SiteContext, answer: () => Page | Promise<Page>) =>
    answerCounted(c, { stats, limits, connections, log, journal }, answer);
  configure();

  let loading: Promise<Api> | undefined;
  const api = () =>
    loading ??= import("./api.ts").then(({ createApi }) =>
      createApi(behaviour, {
        restart: onRestart,
        ca,
        scenarios,
        settings: () => settings,
        configure,
        journal: () => journal,
      })
    );
  const slow = async (c: SiteContext) => {
    if (!CONTROLS.has(c.req.path)) return counted(c, async () => (await api()).answer(c.req.raw, c.env));
    return (await (await api()).answer(c.req.raw, c.env)).response ?? gone();
  };

  const app = new Hono<{ Bindings: Info }>();
  app.get("/", async (c) => c.html((await import("./home.ts")).HOME));
  app.get("/stats", (c) => {
    const wantsEvents = c.req.header("accept")?.includes("text/event-stream") && !c.env.head;
    return wantsEvents ? live.listen() : Response.json(stats.report(), { headers: { vary: "accept" } });
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

  app.get("/:n", async (c) => {
    if (!everyoneIsPlain || c.req.raw.url.includes("?")) return slow(c);
    const number = readInteger(c.req.param("n"));
    if (number === undefined) return slow(c);
    const visitor = stats.begin(c.env.remoteAddr);
    if (delay > 0) await queue.wait();
    stats.end(visitor, 200);
    return new Response(number, JSON_TEXT);
  });
  app.notFound(slow);

  app.onError(internalError);
  return {
    app: Object.assign(app, { fetch: withHead(app.fetch) }),
    stats,
    close: () => live.close(),
    [Symbol.dispose]: () => log?.[Symbol.dispose](),
  };
}

/** Of all settings those that pages have. */
function behaviourIn(settings: Settings): Behaviour {
  return Object.fromEntries(
    PARAMETER_LIST.map(([name]) => [name, settings[name]]).filter(([, value]) => value !== undefined),
  );
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
  limits: Limits;
  connections?: ConnectionLimit;
  log?: AccessLog;
  journal?: Journal;
}

/** Limits, answers, counts and logs a request, which is over when its response has been sent or can't be. */
async function answerCounted(c: SiteContext, door: Door, answer: () => Page | Promise<Page>): Promise<Response> {
  const { stats, limits, connections, log, journal } = door;
  const { remoteAddr, completed, head } = c.env;
  const { method, url } = c.req.raw;
  const begin = performance.now();
  const visitor = stats.begin(remoteAddr);
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
function gone(): Response {
  return new Response(null, { status: 500 });
}
