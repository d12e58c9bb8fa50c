/**
 * `POST /restart`: the site goes away and comes back, as in a deployment or a crash.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp, Controls } from "./api.ts";
import { methodNotAllowed } from "./errors.ts";
import { error, number } from "./routes.ts";
import { TAGS } from "./tags.ts";

/** Milliseconds until the connections break: time for the answer to leave. */
const LEAVE_MS = 50;

const route = createRoute({
  method: "post",
  path: "/restart",
  operationId: "restart",
  tags: [TAGS.running],
  summary: "Restart",
  description: "Breaks all connections off, and refuses new ones for a while.",
  request: {
    query: z.strictObject({
      down: number({ kind: "milliseconds", about: "how long connections are refused", min: 0, max: 600_000 }, 1_000),
    }),
  },
  responses: {
    202: { description: "It is about to happen." },
    405: error("Another method than POST."),
    422: error("A parameter is out of its bounds."),
    501: error("This site doesn't hold its own listener, as under `deno serve`."),
  },
});

/** Adds the page. */
export function addRestart(app: ApiApp, { restart }: Controls): void {
  app.all("/restart", (c, next) => c.req.method === "POST" ? next() : methodNotAllowed("POST"));
  app.openapi(route, (c) => {
    const { down = 1_000 } = c.req.valid("query") as { down?: number };
    if (!restart) return c.json({ detail: "Not Implemented" }, 501) as never;
    setTimeout(() => restart(down), LEAVE_MS);
    return new Response(null, { status: 202 });
  });
}
