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
import { answerCounted, type Door, gone, type Info } from "./door.ts";
import { internalError, methodNotAllowed, notFound } from "./errors.ts";
import { headOf } from "./head.ts";
import { readInteger } from "./integer.ts";
import { type LimitOptions, Limits } from "./limits.ts";
import { Journal } from "./journal.ts";
import { Live } from "./live.ts";
import type { Page } from "./page.ts";
import { type Behaviour, PARAMETER_LIST } from "./parameters.ts";
import { ownPageSetting, type Settings } from "./settings.ts";
import { Stats } from "./stats.ts";
import type { Upstream } from "./upstream/upstream.ts";
import { upstreamUrl } from "./upstream/upstream_url.ts";

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
  /** The origin of a server to stand in front of: see {@linkcode Site.proxy}. Default: none. */
  upstream?: string;
  /** Milliseconds without a byte after which that is given up. Default: 60,000. */
  upstreamTimeout?: number;
}

/** The site: what answers requests, and its counters. */
export interface Site extends Disposable {
  /** Answers requests; its `fetch` goes into `Deno.serve`. */
  app: { fetch: Deno.ServeHandler<Deno.NetAddr> };
  /** Passes requests on to `upstream`, behaving as asked. All its paths are the upstream's: serve it at a port of its own. */
  proxy?: { fetch: Deno.ServeHandler<Deno.NetAddr> };
  /** What it counts. */
  stats: Stats;
  /** Ends answers that would never end by themselves, so that the server can stop. */
  close(): void;
}

type SiteContext = Context<{ Bindings: Info }>;

/** Milliseconds without a byte from an upstream: what nginx and HAProxy's examples wait. */
const UPSTREAM_TIMEOUT_MS = 60_000;

/** Pages about the site: neither counted nor limited. */
const CONTROLS: ReadonlySet<string> = new Set(["/restart", "/ca.pem", "/behaviour", "/scenarios", "/requests"]);

// Shared by all responses: Deno.serve sends a string with a lone content-type on its fastest path.
const JSON_TEXT = { headers: { "content-type": "application/json" } };

/**
 * Builds the site.
 *
 * @throws {RangeError} If `upstream` isn't an origin, or `behaviour` says what pages hold although they are the upstream's.
 */
export function createSite(options: SiteOptions = {}): Site {
  const { accessLog, maxConnections, onRestart, ca, scenarios, behaviour: _, now, ...rest } = options;
  const { upstream, upstreamTimeout = UPSTREAM_TIMEOUT_MS, ...ownSettings } = rest;
  if (upstream !== undefined) refuseNoUpstream(upstream, options.behaviour);
  const first: Settings = { delay: upstream === undefined ? DELAY_MS : 0, ...options.behaviour, ...ownSettings };
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
  const live = new Live((url, isInterval) => liveReport(stats, url, isInterval));
  const connections = maxConnections === undefined ? undefined : new ConnectionLimit(maxConnections);
  const log = accessLog === undefined ? undefined : new AccessLog(accessLog);
  const door = (): Door => ({ stats, limits, connections, log, journal });
  const counted = (c: SiteContext, answer: () => Page | Promise<Page>) =>
    answerCounted(c.req.raw, c.env, door(), answer);
  configure();

  let coming: Promise<Upstream> | undefined;
  const front = (url: string) =>
    coming ??= import("./upstream/upstream.ts").then(({ Upstream }) =>
      new Upstream(url, { behaviour, timeoutMs: upstreamTimeout })
    );
  const passOn = (url: string) => (request: Request, info: Info) =>
    answerCounted(request, info, door(), async () => (await front(url)).answer(request, info));

  let loading: Promise<Api> | undefined;
  const api = () =>
    loading ??= import("./api.ts").then(({ createApi }) =>
      createApi(behaviour, {
        restart: onRestart,
        ca,
        scenarios,
        settings: () => settings,
        isUpstream: upstream !== undefined,
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
    return wantsEvents ? live.listen(c.req.raw.url) : Response.json(stats.report(), { headers: { vary: "accept" } });
  });
  app.delete("/stats", async () => {
    stats.reset();
    (await loading)?.reset();
    (await coming)?.reset();
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
    const visitor = stats.begin(c.env.remoteAddr, c.req.raw);
    if (delay > 0) await queue.wait();
    stats.end(visitor, 200);
    return new Response(number, JSON_TEXT);
  });
  app.notFound(slow);

  app.onError(internalError);
  return {
    app: Object.assign(app, { fetch: withHead(app.fetch) }),
    proxy: upstream === undefined ? undefined : { fetch: passOn(upstream) },
    stats,
    close: () => live.close(),
    [Symbol.dispose]: () => log?.[Symbol.dispose](),
  };
}

function refuseNoUpstream(upstream: string, behaviour: Behaviour = {}): void {
  upstreamUrl(upstream);
  const name = ownPageSetting(behaviour);
  if (name) throw new RangeError(`${name} says what pages hold, but those are the upstream's`);
}

/** Of all settings those that pages have. */
function behaviourIn(settings: Settings): Behaviour {
  return Object.fromEntries(
    PARAMETER_LIST.map(([name]) => [name, settings[name]]).filter(([, value]) => value !== undefined),
  );
}

/** What the live page is sent, besides the counters: what only matters to somebody who watches. */
async function liveReport(stats: Stats, url: string, isInterval: boolean) {
  const { openConnections } = await import("./open_connections.ts");
  const { port, protocol } = new URL(url);
  const open = await openConnections(Number(port) || (protocol === "https:" ? 443 : 80));
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
