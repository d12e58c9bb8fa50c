/**
 * The slow website: its routes, and what it counts.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { DELAY_MS } from "../constants.ts";
import { DelayQueue } from "./delay_queue.ts";
import { methodNotAllowed, notFound, unprocessable } from "./errors.ts";
import { headOf } from "./head.ts";
import { Stats } from "./stats.ts";

/** How the site behaves towards everyone. */
export interface SiteOptions {
  /** Milliseconds it waits before it answers. Default: {@linkcode DELAY_MS}. */
  delay?: number;
}

/** The site: an app for `Deno.serve`, and its counters. */
export interface Site {
  /** Answers requests; its `fetch` goes into `Deno.serve`. */
  app: { fetch: Deno.ServeHandler<Deno.NetAddr> };
  /** What it counts. */
  stats: Stats;
}

type SiteEnv = { Bindings: Deno.ServeHandlerInfo<Deno.NetAddr> };

// Shared by all responses: Deno.serve sends a string with a lone content-type on its fastest path.
const JSON_TEXT = { headers: { "content-type": "application/json" } };

/** Builds the site. */
export function createSite({ delay = DELAY_MS }: SiteOptions = {}): Site {
  const stats = new Stats();
  const queue = new DelayQueue(delay);
  const app = new Hono<SiteEnv>();

  // Counts an answer that is given without delay.
  const counted = (c: Context<SiteEnv>, response: Response) => {
    stats.end(stats.begin(c.env.remoteAddr), response.status);
    return response;
  };

  app.get("/", (c) => c.html(HOME));
  app.get("/stats", () => Response.json(stats.report()));
  app.delete("/stats", () => {
    stats.reset();
    return new Response(null, { status: 204 });
  });
  app.all("/stats", () => methodNotAllowed("GET, HEAD, DELETE"));
  app.all("/", () => methodNotAllowed("GET, HEAD"));

  app.get("/:n", async (c) => {
    const number = readInteger(c.req.param("n"));
    if (number === undefined) {
      return counted(c, unprocessable([{ ...NOT_AN_INTEGER, input: c.req.param("n") }]));
    }
    const visitor = stats.begin(c.env.remoteAddr);
    if (delay > 0) await queue.wait();
    stats.end(visitor, 200);
    return new Response(number, JSON_TEXT);
  });
  app.all("/:n", (c) => counted(c, methodNotAllowed("GET, HEAD")));
  app.notFound((c) => counted(c, notFound()));

  const fetch = app.fetch;
  app.fetch = (request, info) => {
    if (request.method !== "HEAD") return fetch(request, info);
    return Promise.resolve(fetch(new Request(request.url, { headers: request.headers }), info)).then(headOf);
  };
  return { app, stats };
}

const NOT_AN_INTEGER = {
  type: "int_parsing",
  loc: ["path", "n"] as ["path", "n"],
  msg: "Input should be a valid integer, unable to parse string as an integer",
};

/** The integer in its shortest form, as text, so that it is exact at any size; undefined if it is none. */
function readInteger(text: string): string | undefined {
  const [, sign, digits] = /^([+-]?)0*(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
}

const HOME = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A slow website</title>
<h1>A slow website</h1>
<p>It waits, then answers the number it was asked for. Made to be downloaded from.</p>
<ul>
<li><a href="/0">/0</a>: a page
<li><a href="/docs">/docs</a>: what else it can do, and how to ask for it
<li><a href="/stats">/stats</a>: what it has seen
</ul>
`;
