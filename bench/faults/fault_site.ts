/**
 * The slow website in this process, one for each thing that can be wrong with all of it.
 *
 * @module
 */

import { content, contentKey } from "../../site/content.ts";
import { type Http2Options, serveHttp2 } from "../../site/http2/server.ts";
import { serve, type Served } from "../../site/serve.ts";
import { createSite, type SiteOptions } from "../../site/site.ts";
import { makeCertificates, TLS_FAULTS } from "../../site/tls/certificates.ts";
import { serveWithoutCloseNotify } from "../../site/tls/no_close_notify.ts";

/** A site on a free port. */
export interface FaultSite extends AsyncDisposable {
  /** Where it is, with a slash at the end. */
  url: string;
  /** The certificate of the authority that vouches for it, PEM; undefined without TLS. */
  ca?: string;
  /** Breaks all connections off, and refuses new ones for so many milliseconds. */
  restart?(downMs: number): void;
}

/** What is wrong with a site. */
export interface FaultSiteOptions {
  /** What is wrong with TLS, or that nothing is: `right`. Default: there is no TLS. */
  tls?: string;
  /** How it behaves to everyone. Default: as it does by itself, without a delay. */
  site?: SiteOptions;
  /** What the server that misbehaves frame by frame does, in its place. Default: the site answers. */
  frames?: Http2Options;
}

/** Serves one. */
export async function faultSite({ tls, site: options, frames }: FaultSiteOptions = {}): Promise<FaultSite> {
  if (frames) return serveHttp2({ hostname: "127.0.0.1", port: 0 }, frames);
  const site = createSite({ ...options, behaviour: { delay: 0, ...options?.behaviour } });
  const fault = TLS_FAULTS.find((each) => each === tls);
  const certificates = tls === undefined ? undefined : await makeCertificates({ fault });
  const where = { hostname: "127.0.0.1", port: 0, ...certificates };
  const served: Served = certificates && tls === "no-close-notify"
    ? serveWithoutCloseNotify(site.app.fetch, { ...where, ...certificates })
    : serve(site.app.fetch, where);
  return {
    url: served.url,
    ca: certificates?.ca,
    restart: (downMs) => served.restart(downMs),
    async [Symbol.asyncDispose]() {
      site.close();
      // Not in good order: a client that was ended may have left an answer that would stall for ten minutes.
      served.restart(2 ** 30);
      await served.shutdown();
      site[Symbol.dispose]();
    },
  };
}

/** Versions of a page that may be a file's: one for each time that it was asked for. */
const VERSIONS = 4;

/** Whether a file is a page, whole, in any of the versions that it has had. */
export function isWhole(file: Uint8Array, n: number, bytes: number, versions = VERSIONS): boolean {
  return Array.from({ length: versions }, (_, version) => content(contentKey(String(n), 0, version), 0, bytes))
    .some((page) => page.length === file.length && page.every((byte, i) => byte === file[i]));
}
