/**
 * Who may talk to the server of the race: its own page, opened on this machine, and no other.
 *
 * It listens on the loopback address only. That alone doesn't keep out other websites that are open in the same browser:
 * one can send requests here (cross-site request forgery), or let its own name point here and then read the answers (DNS
 * rebinding). The first is told by `Origin` and `Sec-Fetch-Site`, the second by `Host`, none of which a page can forge.
 *
 * @module
 */

import type { MiddlewareHandler } from "hono";

/** What every answer says: nothing is loaded from elsewhere, nothing frames it, nothing keeps it. */
const HEADERS: Readonly<Record<string, string>> = {
  // The browser's own lane downloads from a website on another port of this machine
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self' http://127.0.0.1:*",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/**
 * Lets in what comes from the page itself.
 *
 * @param port Says which port the server has, once it listens.
 * @returns Answers 403 to everything else.
 * @internal
 */
export function guard(port: () => number): MiddlewareHandler {
  return async (c, next) => {
    const problem = whyNot(c.req.raw, port());
    if (problem === undefined) await next();
    else c.res = Response.json({ detail: problem }, { status: 403 });
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  };
}

/**
 * Why a request isn't let in.
 *
 * @param request The request.
 * @param port The port that it came to.
 * @returns A sentence; `undefined` if it is.
 */
export function whyNot({ method, headers }: Request, port: number): string | undefined {
  const host = headers.get("host");
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    return `this is 127.0.0.1:${port}, and it is asked for by another name`;
  }
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return "another website asks for this";
  if (method === "GET" || method === "HEAD") return undefined;
  if (origin === null) return "only the page itself may ask for this";
  const site = headers.get("sec-fetch-site"); // absent from browsers of before 2023
  if (site !== null && site !== "same-origin") return "another website asks for this";
  return undefined;
}
