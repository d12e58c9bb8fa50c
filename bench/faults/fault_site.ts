/**
 * The slow website in this process, one for each thing that can be wrong with TLS.
 *
 * @module
 */

import { content, contentKey } from "../../site/content.ts";
import { serve, type Served } from "../../site/serve.ts";
import { createSite } from "../../site/site.ts";
import { makeCertificates, type TlsFault } from "../../site/tls/certificates.ts";
import { serveWithoutCloseNotify } from "../../site/tls/no_close_notify.ts";

/** A site on a free port. */
export interface FaultSite extends AsyncDisposable {
  /** Where it is, with a slash at the end. */
  url: string;
  /** The certificate of the authority that vouches for it, PEM; undefined without TLS. */
  ca?: string;
}

/**
 * Serves one.
 *
 * @param tls What is wrong with TLS. Default: there is no TLS.
 */
export async function faultSite(tls?: string): Promise<FaultSite> {
  const site = createSite({ behaviour: { delay: 0 } });
  const certificates = tls === undefined ? undefined : await makeCertificates({ fault: tls as TlsFault });
  const where = { hostname: "127.0.0.1", port: 0, ...certificates };
  const served: Served = certificates && tls === "no-close-notify"
    ? serveWithoutCloseNotify(site.app.fetch, { ...where, ...certificates })
    : serve(site.app.fetch, where);
  return {
    url: served.url,
    ca: certificates?.ca,
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
