/**
 * The site as a reverse proxy in front of a server, in this process.
 *
 * @module
 */

import { serve } from "../../site/serve.ts";
import { createSite, type Site, type SiteOptions } from "../../site/site.ts";

/** A proxy on a free port. */
export interface ServedProxy extends AsyncDisposable {
  /** Where it is, with a slash at the end. */
  url: string;
  /** The site that it is part of. */
  site: Site;
}

/** Serves it. */
export function serveUpstream(upstream: string, options: SiteOptions = {}): ServedProxy {
  const site = createSite({ ...options, upstream });
  if (!site.proxy) throw new Error("no proxy");
  const server = serve(site.proxy.fetch, { hostname: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    site,
    async [Symbol.asyncDispose]() {
      site.close();
      await server.shutdown();
      site[Symbol.dispose]();
    },
  };
}
