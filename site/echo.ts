/**
 * What requests look like: pages that answer what they were asked with, or with the headers that were asked for.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp } from "./api.ts";
import { unprocessable } from "./errors.ts";
import { error } from "./routes.ts";
import { TAGS } from "./tags.ts";

/** Bytes of a body that are read at most. */
const MAX_BODY = 2 ** 20;
/** Headers that can be chosen at most, and bytes of each. */
const MAX_HEADERS = 32;
const MAX_VALUE = 4_096;

/** What a header can be called (RFC 9110 §5.6.2), and hold (§5.5): no line breaks, no controls. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// deno-lint-ignore no-control-regex -- it is what must not be there
const FIELD_VALUE = /^[^\x00-\x08\x0a-\x1f\x7f]*$/;

/** What HTTP itself is about, and the server decides. */
const FRAMING = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const echo = z.object({
  method: z.string(),
  url: z.string(),
  address: z.string(),
  port: z.int(),
  headers: z.record(z.string(), z.string()),
  bytes: z.int(),
  sha256: z.string(),
  body: z.string(),
});

/** Adds the pages. */
export function addEcho(app: ApiApp): void {
  for (const path of ["/anything", "/anything/{rest}"]) {
    for (const method of METHODS) app.openapi(anything(method, path), answerAnything as never);
  }
  app.openapi(headersRoute, (c) => c.json({ headers: Object.fromEntries(c.req.raw.headers) }, 200));
  app.openapi(responseHeadersRoute, (c) => chosenHeaders(new URL(c.req.url).searchParams) as never);
  app.openapi(robotsRoute, () => new Response("User-agent: *\nCrawl-delay: 1\nDisallow: /private/\n") as never);
}

const anything = (method: typeof METHODS[number], path: string) =>
  createRoute({
    method,
    path,
    operationId: `${method}Anything${path.endsWith("}") ? "Below" : ""}`,
    tags: [TAGS.requests],
    summary: "What a request looks like",
    description: "Answers with the method, the URL, the headers, the body and the client's address.",
    request: path.endsWith("}") ? { params: z.object({ rest: z.string().openapi({ example: "upload" }) }) } : {},
    responses: {
      200: { description: "The request.", content: { "application/json": { schema: echo } } },
      413: error(`A body of more than ${MAX_BODY} bytes.`),
    },
  });

async function answerAnything(c: { req: { raw: Request }; env: { remoteAddr: Deno.NetAddr } }): Promise<Response> {
  const { raw } = c.req;
  const bytes = await readBody(raw);
  if (bytes === undefined) return Response.json({ detail: "Content Too Large" }, { status: 413 });
  return Response.json({
    method: raw.method,
    url: raw.url,
    address: c.env.remoteAddr.hostname,
    port: c.env.remoteAddr.port,
    headers: Object.fromEntries(raw.headers),
    bytes: bytes.length,
    sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex(),
    body: new TextDecoder().decode(bytes),
  });
}

/** The body of a request; undefined if it is larger than it may be. */
async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of request.body ?? []) {
    length += piece.length;
    if (length > MAX_BODY) return undefined;
    pieces.push(piece);
  }
  return await new Blob(pieces).bytes();
}

const headersRoute = createRoute({
  method: "get",
  path: "/headers",
  operationId: "getHeaders",
  tags: [TAGS.requests],
  summary: "The headers of the request",
  responses: {
    200: {
      description: "The headers.",
      content: { "application/json": { schema: z.object({ headers: z.record(z.string(), z.string()) }) } },
    },
    405: error("Another method than GET and HEAD."),
  },
});

const responseHeadersRoute = createRoute({
  method: "get",
  path: "/response-headers",
  operationId: "getResponseHeaders",
  tags: [TAGS.requests],
  summary: "Chosen response headers",
  description: `Each parameter becomes a header of the answer: ${MAX_HEADERS} at most, of ${MAX_VALUE} bytes each, ` +
    "none that HTTP needs for itself. What isn't Latin-1 is sent as UTF-8.",
  request: {
    query: z.object({
      "Content-Disposition": z.string().optional().openapi({ example: 'attachment; filename="a.txt"' }),
    }).loose(),
  },
  responses: {
    200: { description: "With those headers.", content: { "application/json": { schema: z.unknown() } } },
    422: error("A header that can't be, or too many."),
  },
});

function chosenHeaders(asked: URLSearchParams): Response {
  const headers = new Headers({ "content-type": "application/json" });
  const chosen = new Set<string>();
  const refuse = (name: string, msg: string) =>
    unprocessable([{ type: "value_error", loc: ["query", name], msg, input: asked.get(name) ?? "" }]);
  if (asked.size > MAX_HEADERS) return refuse([...asked.keys()][0], `Input should be at most ${MAX_HEADERS} headers`);
  for (const [name, value] of asked) {
    const bytes = /[^\0-\xff]/.test(value) ? latin1(new TextEncoder().encode(value)) : value;
    if (!TOKEN.test(name)) return refuse(name, "Input should be named like a header");
    if (FRAMING.has(name.toLowerCase())) return refuse(name, "Input should be no header that the server needs itself");
    if (!FIELD_VALUE.test(bytes) || bytes.length > MAX_VALUE) {
      return refuse(name, `Input should be at most ${MAX_VALUE} bytes without line breaks and controls`);
    }
    if (chosen.has(name.toLowerCase())) headers.append(name, bytes);
    else headers.set(name, bytes);
    chosen.add(name.toLowerCase());
  }
  // Nothing of what was asked for: as text/html it would run in a browser.
  return new Response(`{"chosen":${chosen.size}}`, { headers });
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

const robotsRoute = createRoute({
  method: "get",
  path: "/robots.txt",
  operationId: "getRobots",
  tags: [TAGS.requests],
  summary: "What crawlers may ask for",
  responses: {
    200: {
      description: "Not what is below /private/, and one page per second.",
      content: { "text/plain": { schema: z.string() } },
    },
    405: error("Another method than GET and HEAD."),
  },
});
