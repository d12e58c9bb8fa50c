/**
 * The routes that take parameters. One schema both checks them and appears on the docs page.
 *
 * It is loaded with the first request that needs it, so that start-up and plain pages don't pay for it.
 *
 * @module
 */

import { OpenAPIHono, z } from "@hono/zod-openapi";
import { closestString } from "@std/text/closest-string";
import { internalError, type Problem, unprocessable } from "./errors.ts";
import { NOT_AN_INTEGER, readInteger } from "./integer.ts";
import { type Page, Pages } from "./page.ts";
import { type Behaviour, PARAMETER_LIST, PARAMETERS, queryName } from "./parameters.ts";
import { behaviourSchema, error, type Given, pageRoute, urlsRoute } from "./routes.ts";
import { listUrls } from "./urls.ts";

/** Where a request came from, beside the request itself. */
export interface Origin {
  /** The client's address. */
  remoteAddr: Deno.NetAddr;
  /** Whether only the headers will be sent. */
  head?: boolean;
}

/** The routes that take parameters. */
export interface Api {
  /** Answers a request for a page or the list of URLs, and says how the response will break if it was asked to. */
  answer(request: Request, origin: Origin): Promise<Page>;
  /** The OpenAPI document, an object that can be made into JSON. */
  document(): object;
  /** Forgets how often each page was asked for. */
  reset(): void;
}

/** Pieces a body may be asked in at most, and the longest that one may take: more would keep the server busy forever. */
const MAX_PIECES = 1_000_000;
const MAX_RESPONSE_MS = 3_600_000;

/**
 * Builds the routes.
 *
 * @param defaults What applies to requests that don't ask otherwise.
 */
export function createApi(defaults: Behaviour): Api {
  const behaviour = behaviourSchema(defaults);
  const pages = new Pages();
  const answered = new WeakMap<Request, Page>();
  const app = new OpenAPIHono<{ Bindings: Origin }>({
    defaultHook(result, c) {
      if (result.success) return;
      const given = { ...c.req.query(), ...c.req.param() };
      return unprocessable(result.error.issues.map((issue) => problemOf(issue, given)));
    },
  });

  app.onError(internalError);

  // Before the pages, or it would match as one.
  app.openapi(
    urlsRoute(behaviour),
    (c) => {
      const { count = 100, start = 0, format = "text", ...asked } = c.req.valid("query") as Record<string, never>;
      const origin = c.req.url.slice(0, c.req.url.indexOf("/", "https://".length));
      const inEach = new URLSearchParams(c.req.query());
      for (const name of ["count", "start", "format"]) inEach.delete(name);
      const { numbytes, seed } = { ...defaults, ...fromQuery(asked) };
      const query = inEach.toString();
      const lines = listUrls(origin, { count, start, format, query, numbytes, seed });
      return new Response(c.env.head ? null : lines, {
        headers: { "content-type": format === "text" ? "text/plain; charset=utf-8" : "application/x-ndjson" },
      });
    },
  );

  app.openapi(
    pageRoute(behaviour),
    async (c) => {
      const n = readInteger(c.req.valid("param").n) ?? "";
      const asked = { ...defaults, ...fromQuery(c.req.valid("query")) };
      const tooMuch = costProblem(asked);
      if (tooMuch) return unprocessable([tooMuch]);
      const { remoteAddr: client, head = false } = c.env;
      const page = await pages.answer({ n, behaviour: asked, request: c.req.raw, client, head });
      answered.set(c.req.raw, page);
      return page.response ?? new Response();
    },
  );

  return {
    async answer(request, origin) {
      const response = await app.fetch(request, origin);
      return answered.get(request) ?? { response };
    },
    document: () => documentOf(app),
    reset: () => pages.reset(),
  };
}

/** What was asked for, under the names that the code has for it. */
function fromQuery(query: Record<string, unknown>): Behaviour {
  const asked = PARAMETER_LIST.map(([name]) => [name, query[queryName(name)]]).filter(([, value]) =>
    value !== undefined
  );
  return Object.fromEntries(asked);
}

/** What is wrong with parameters that are each within bounds, but together would keep the server busy for too long. */
function costProblem({ numbytes = 0, rate = Infinity, chunkSize }: Behaviour): Problem | undefined {
  if (numbytes / rate * 1_000 > MAX_RESPONSE_MS) {
    const least = Math.ceil(numbytes / MAX_RESPONSE_MS * 1_000);
    return problem("rate", `${numbytes} bytes need a rate of at least ${least} bytes/s, or take over an hour`, rate);
  }
  if (chunkSize !== undefined && numbytes / chunkSize > MAX_PIECES) {
    const least = Math.ceil(numbytes / MAX_PIECES);
    return problem("chunk_size", `${numbytes} bytes need a chunk_size of at least ${least}`, chunkSize);
  }
}

function problem(name: string, msg: string, input: Given): Problem {
  return { type: "value_error", loc: ["query", name], msg, input: String(input) };
}

/** A mistake as zod reports it, in the form that FastAPI gives it. */
function problemOf(issue: z.core.$ZodIssue, given: Record<string, string>): Problem {
  if (issue.code === "unrecognized_keys") {
    const [name] = issue.keys;
    const nearest = closestString(name, Object.keys(PARAMETERS).map(queryName));
    const msg = `Unknown parameter; did you mean ${nearest}?`;
    return { type: "extra_forbidden", loc: ["query", name], msg, input: given[name] };
  }
  const name = String(issue.path[0]);
  if (name === "n") return { ...NOT_AN_INTEGER, input: given[name] };
  return { type: "value_error", loc: ["query", name], msg: `Input should be ${issue.message}`, input: given[name] };
}

const stats = z.object({
  requests: z.int(),
  responses: z.record(z.string(), z.int()),
  faults: z.record(z.string(), z.int()),
  connections: z.int(),
  "in_flight": z.int(),
  "peak_in_flight": z.int(),
  "peak_in_flight_by_address": z.record(z.string(), z.int()),
  "by_client": z.record(z.string(), z.object({ requests: z.int(), connections: z.int() })),
});

const notAllowed = error("Another method than those here.");

function documentOf(app: OpenAPIHono<{ Bindings: Origin }>): object {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/stats",
    operationId: "getStats",
    tags: ["What the site has seen"],
    summary: "What the site has seen",
    responses: {
      405: notAllowed,
      200: {
        description: "The counters; with `accept: text/event-stream`, repeatedly, as server-sent events.",
        content: { "application/json": { schema: stats }, "text/event-stream": { schema: z.string() } },
      },
    },
  });
  app.openAPIRegistry.registerPath({
    method: "delete",
    path: "/stats",
    operationId: "resetStats",
    tags: ["What the site has seen"],
    summary: "Reset the counters",
    responses: { 204: { description: "Done." }, 405: notAllowed },
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "A slow website",
      version: "1.0.0",
      description: "As slow, flaky or throttled as you ask it to be: something to test a downloader on.",
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/" }],
    security: [],
  });
}
