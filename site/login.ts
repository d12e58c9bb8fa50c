/**
 * Pages that want to know who asks: by Basic, Bearer or Digest (RFC 7617, 6750, 7616), by cookie, and by a login that
 * redirects to and fro. The names and passwords are in the URL: they protect nothing.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp } from "./api.ts";
import { checkDigest, digestChallenge } from "./digest.ts";
import { TOKEN } from "./echo.ts";
import { unprocessable } from "./errors.ts";
import { error } from "./routes.ts";
import { TAGS } from "./tags.ts";

const user = z.object({
  user: z.string().max(256).openapi({ example: "ada" }),
  password: z.string().max(256).openapi({ example: "lovelace" }),
});
const known = z.object({ authenticated: z.boolean(), user: z.string().optional() });
const responses = {
  200: { description: "Welcome.", content: { "application/json": { schema: known } } },
  401: error("Who are you? (`WWW-Authenticate` says how to tell.)"),
};
/** What a cookie may hold (RFC 6265 §4.1.1). */
const COOKIE_VALUE = /^[!#-+\--:<-[\]-~]*$/;

/** Adds the pages. */
export function addLogins(app: ApiApp): void {
  const session = crypto.randomUUID();
  app.openapi(
    simple("/basic-auth/{user}/{password}", "basicAuth", { summary: "Basic authentication", params: user }),
    (c) => {
      const { user, password } = c.req.param() as { user: string; password: string };
      const given = /^basic +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
      if (given !== new TextEncoder().encode(`${user}:${password}`).toBase64()) {
        return unauthorized('Basic realm="site", charset="UTF-8"') as never;
      }
      return c.json({ authenticated: true, user }, 200);
    },
  );
  app.openapi(simple("/bearer", "bearer", { summary: "Bearer authentication, with any token" }), (c) => {
    if (!/^bearer +[\w.~+/-]+=*$/i.test(c.req.header("authorization") ?? "")) {
      return unauthorized('Bearer realm="site"') as never;
    }
    return c.json({ authenticated: true }, 200);
  });
  const algorithm = z.enum(["MD5", "SHA-256"], "one of MD5, SHA-256").optional();
  const query = z.strictObject({ algorithm: algorithm.openapi({ default: "SHA-256" }) });
  const digest = { summary: "Digest authentication", params: user, query };
  app.openapi(simple("/digest-auth/{user}/{password}", "digestAuth", digest), (c) => {
    const { user, password } = c.req.param() as { user: string; password: string };
    const { algorithm = "SHA-256" } = c.req.query() as { algorithm?: "MD5" | "SHA-256" };
    const { raw } = c.req;
    const check = checkDigest(raw.headers.get("authorization"), { raw, user, password, algorithm });
    if (check !== "right") return unauthorized(digestChallenge(algorithm, check === "stale")) as never;
    return c.json({ authenticated: true, user }, 200);
  });
  app.openapi(cookiesRoute, (c) => c.json({ cookies: cookiesOf(c.req.raw) }, 200));
  app.openapi(setCookiesRoute, (c) => setCookies(new URL(c.req.url).searchParams) as never);
  app.openapi(loginRoute, (c) => {
    const { next = "/cookies" } = c.req.valid("query");
    const headers = { location: next, "set-cookie": `session=${session}; Path=/; HttpOnly; SameSite=Lax` };
    return new Response(null, { status: 302, headers });
  });
  app.openapi(privateRoute, (c) => {
    const { n } = c.req.valid("param");
    if (cookiesOf(c.req.raw).session === session) return c.json(Number(n), 200);
    return new Response(null, { status: 302, headers: { location: `/login?next=/private/${n}` } }) as never;
  });
}

function unauthorized(challenge: string): Response {
  return Response.json({ detail: "Unauthorized" }, { status: 401, headers: { "www-authenticate": challenge } });
}

interface Shape {
  summary: string;
  params?: typeof user;
  query?: z.ZodObject;
}

const simple = (path: string, operationId: string, { summary, params, query }: Shape) =>
  createRoute({
    ...{ method: "get", path, operationId, summary, request: { params, query }, responses },
    tags: [TAGS.requests],
  });

function cookiesOf(request: Request): Record<string, string> {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim()).filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.split("=")[0], pair.slice(pair.indexOf("=") + 1)]));
}

const cookiesRoute = createRoute({
  method: "get",
  path: "/cookies",
  operationId: "getCookies",
  tags: [TAGS.requests],
  summary: "The cookies of the request",
  responses: {
    200: {
      description: "The cookies.",
      content: { "application/json": { schema: z.object({ cookies: z.record(z.string(), z.string()) }) } },
    },
    405: error("Another method than GET and HEAD."),
  },
});

const setCookiesRoute = createRoute({
  method: "get",
  path: "/cookies/set",
  operationId: "setCookies",
  tags: [TAGS.requests],
  summary: "Set cookies",
  description: "Each parameter becomes a cookie, 32 at most; then it redirects to /cookies.",
  request: { query: z.object({ name: z.string().optional().openapi({ example: "value" }) }).loose() },
  responses: { 302: { description: "To /cookies." }, 422: error("A cookie that can't be, or too many.") },
});

function setCookies(asked: URLSearchParams): Response {
  const headers = new Headers({ location: "/cookies" });
  for (const [name, value] of asked) {
    if (!TOKEN.test(name) || !COOKIE_VALUE.test(value) || value.length > 4_096 || asked.size > 32) {
      const msg = "Input should be 32 cookies at most, of 4096 characters that RFC 6265 allows";
      return unprocessable([{ type: "value_error", loc: ["query", name], msg, input: value }]);
    }
    headers.append("set-cookie", `${name}=${value}; Path=/`);
  }
  return new Response(null, { status: 302, headers });
}

const loginRoute = createRoute({
  method: "get",
  path: "/login",
  operationId: "login",
  tags: [TAGS.requests],
  summary: "Log in, by a cookie and a redirect back",
  request: {
    query: z.strictObject({
      next: z.string().regex(/^\/(?![\/\\])[\w\/.-]*$/, "a path of this site").optional()
        .openapi({ example: "/private/5", description: "where to go then" }),
    }),
  },
  responses: { 302: { description: "To `next`." }, 422: error("A parameter is out of its bounds.") },
});

const privateRoute = createRoute({
  method: "get",
  path: "/private/{n}",
  operationId: "getPrivatePage",
  tags: [TAGS.requests],
  summary: "A page for those who are logged in",
  request: { params: z.object({ n: z.string().regex(/^\d{1,15}$/, "a whole number").openapi({ example: "5" }) }) },
  responses: {
    200: { description: "The integer.", content: { "application/json": { schema: z.int() } } },
    302: { description: "To /login, and from there back." },
    422: error("That is no page."),
  },
});
