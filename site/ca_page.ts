/**
 * `GET /ca.pem`: what a client needs to trust this site's certificate.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp, Controls } from "./api.ts";
import { notFound } from "./errors.ts";
import { error } from "./routes.ts";
import { TAGS } from "./tags.ts";

const route = createRoute({
  method: "get",
  path: "/ca.pem",
  operationId: "getAuthority",
  tags: [TAGS.running],
  summary: "The certificate authority, with `--tls`",
  responses: {
    200: {
      description: "Its certificate, made when the server started.",
      content: { "application/x-pem-file": { schema: z.string() } },
    },
    404: error("The site has no TLS."),
  },
});

/** Adds the page. */
export function addAuthority(app: ApiApp, { ca }: Controls): void {
  app.openapi(route, () => {
    const pem = ca?.();
    if (pem === undefined) return notFound() as never;
    return new Response(pem, { headers: { "content-type": "application/x-pem-file" } }) as never;
  });
}
