/**
 * The same site on many loopback addresses, each of which clients take for a host of its own.
 *
 * @module
 */

import { serve, type Served, type ServeOptions } from "./serve.ts";

/**
 * Serves on 127.0.0.1, 127.0.0.2 and so on, at the same port. The URL is that of the first.
 *
 * @param handler Answers the requests.
 * @param options Where to serve; `hosts`: on how many addresses. With 1, on `hostname` alone.
 * @throws {Deno.errors.AddrInUse} If the port is taken on one of them.
 */
export function serveHosts(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  { hosts, ...options }: ServeOptions & { hosts: number },
): Served {
  const first = serve(handler, options);
  const port = Number(new URL(first.url).port);
  const others = Array.from(
    { length: hosts - 1 },
    (_, i) => serve(handler, { ...options, hostname: `127.0.0.${i + 2}`, port }),
  );
  const all = [first, ...others];
  const shutdown = async () => void await Promise.all(all.map((each) => each.shutdown()));
  return {
    url: first.url,
    restart: (downMs) => all.forEach((each) => each.restart(downMs)),
    shutdown,
    [Symbol.asyncDispose]: shutdown,
  };
}
