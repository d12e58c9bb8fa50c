/**
 * Redirects with each status, also to another origin, but not to just any: whoever trusts a link to this site must not
 * be led elsewhere by it.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp } from "./api.ts";
import { unprocessable } from "./errors.ts";
import { error } from "./routes.ts";
import { TAGS } from "./tags.ts";

const STATUSES = ["301", "302", "303", "307", "308"] as const;

/** Adds the page. */
export function addRedirects(app: ApiApp): void {
  for (const method of ["get", "post", "put", "patch", "delete"] as const) {
    app.openapi(route(method), (c) => {
      const { url, status = "302" } = c.req.valid("query");
      const target = targetOf(url, c.req.url);
      if (target === undefined) {
        const msg = "Input should be a path, or an http or https URL of this host or of a loopback address";
        return unprocessable([{ type: "value_error", loc: ["query", "url"], msg, input: url }]) as never;
      }
      return new Response(null, { status: Number(status), headers: { location: target } });
    });
  }
}

const route = (method: "get" | "post" | "put" | "patch" | "delete") =>
  createRoute({
    method,
    path: "/redirect-to",
    operationId: `${method}RedirectTo`,
    tags: [TAGS.requests],
    summary: "A redirect to a URL",
    description: "To this host, or to a loopback address at any port.",
    request: {
      query: z.strictObject({
        url: z.string().max(8_192).openapi({ example: "http://localhost:8000/5", description: "where to" }),
        status: z.enum(STATUSES, `one of ${STATUSES.join(", ")}`).optional().openapi({ default: "302" }),
      }),
    },
    responses: {
      302: { description: "There; 301, 303, 307 or 308, if it was asked for." },
      422: error("A parameter is out of its bounds, or the URL isn't of this host or of a loopback address."),
    },
  });

/** The URL, if it leads to where it may; undefined otherwise. */
export function targetOf(asked: string, here: string): string | undefined {
  const url = URL.parse(asked, here);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const isNear = url.hostname === new URL(here).hostname ||
    /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
  return isNear ? url.href : undefined;
}
