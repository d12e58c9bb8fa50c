/**
 * The site in this process, for tests that look at what it counted.
 *
 * @module
 */

import { serve } from "../../site/serve.ts";
import { createSite, type SiteOptions } from "../../site/site.ts";
import type { Stats } from "../../site/stats.ts";

/** A site on a free port. */
export interface ServedSite extends AsyncDisposable {
  /** Where it is, with a slash at the end. */
  url: string;
  /** What it counted. */
  stats: Stats;
}

/**
 * Serves the site, without delay unless told otherwise.
 *
 * @param options How it behaves.
 */
export function serveSite(options: SiteOptions = {}): ServedSite {
  const onRestart = (downMs: number) => server.restart(downMs);
  const site = createSite({ onRestart, ...options, behaviour: { delay: 0, ...options.behaviour } });
  const server = serve(site.app.fetch, { hostname: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    stats: site.stats,
    async [Symbol.asyncDispose]() {
      site.close();
      await server.shutdown();
      site[Symbol.dispose]();
    },
  };
}
