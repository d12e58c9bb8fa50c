/**
 * Puts the site on its port, or its ports, as the flags say.
 *
 * @module
 */

import { DELAY_MS } from "../../constants.ts";
import { CommandError } from "../../lib/core/errors.ts";
import { serve, type Served } from "../serve.ts";
import { serveHosts } from "../serve_hosts.ts";
import type { Site } from "../site.ts";
import type { Certificates } from "../tls/certificates.ts";
import { behaviourOf } from "./behaviour_flags.ts";
import type { SiteFlags } from "./flags.ts";

/** A site on its port. */
export interface Started extends Served {
  /** The certificate of the authority that vouches for it, PEM; undefined without TLS. */
  ca?: string;
  /** Where it can be controlled, if that isn't where it is. */
  control?: string;
  /** Where it speaks HTTP/2 frame by frame, if it does. */
  frames?: string;
}

/**
 * Starts to serve.
 *
 * @param site Answers the requests.
 * @param flags Where, and how.
 * @throws {CommandError} If the port can't be had; says what to do.
 */
export async function start({ app, proxy }: Site, flags: SiteFlags): Promise<Started> {
  const { hostname, port, hosts } = flags;
  const handler = (proxy ?? app).fetch;
  const certificates = await certificatesFor(flags);
  const where = { hostname, port, ...certificates, onTrouble };
  const served = await listening("--port", hostname, port, async () => {
    if (certificates && flags["tls-fault"] === "no-close-notify") {
      const { serveWithoutCloseNotify } = await import("../tls/no_close_notify.ts");
      return serveWithoutCloseNotify(handler, { ...where, ...certificates });
    }
    return hosts > 1 ? serveHosts(handler, { ...where, hosts }) : serve(handler, where);
  });
  if (!/^(127\.|::1$|localhost$)/.test(hostname)) {
    console.error(
      `server: anyone who can reach ${hostname} can make this server misbehave; use it on networks you trust`,
    );
  }
  const control = proxy && await serveControl(app, flags);
  return { ...served, ca: certificates?.ca, control, frames: await serveFrames(flags) };
}

/** What TLS needs, where a flag asks for TLS. */
async function certificatesFor(flags: SiteFlags): Promise<Certificates | undefined> {
  const { tls, hostname, "tls-fault": fault, "ca-file": caFile } = flags;
  if (!tls && fault === "none" && caFile === undefined) return undefined;
  const { makeCertificates, TLS_FAULTS } = await import("../tls/certificates.ts");
  const made = await makeCertificates({ hostname, fault: TLS_FAULTS.find((each) => each === fault) });
  if (caFile === undefined) return made;
  await Deno.writeTextFile(caFile, made.ca).catch((cause) => {
    throw new CommandError(`can't write --ca-file ${caFile}: ${cause.message}`, { cause });
  });
  return made;
}

/** Serves the pages about the site where an upstream has all others. It ends with the process. */
async function serveControl(app: Site["app"], flags: SiteFlags): Promise<string> {
  const [hostname, port] = ["127.0.0.1", flags["control-port"]];
  return (await listening("--control-port", hostname, port, () => serve(app.fetch, { hostname, port, onTrouble }))).url;
}

/** Serves HTTP/2 at frame level, where a flag asks for it. It ends with the process. */
async function serveFrames(flags: SiteFlags): Promise<string | undefined> {
  const { "h2-port": port, hostname } = flags;
  if (port === undefined) return undefined;
  const { serveHttp2 } = await import("../http2/server.ts");
  const options = {
    delay: behaviourOf(flags).delay ?? DELAY_MS,
    goawayAfter: flags["h2-goaway-after"],
    resetEvery: flags["h2-reset-every"],
    maxStreams: flags["h2-max-streams"],
    maxStreamsEvery: flags["h2-max-streams-every"],
    window: flags["h2-window"],
    frameSize: flags["h2-frame-size"],
    flood: flags["h2-flood"],
  };
  return (await listening("--h2-port", hostname, port, () => serveHttp2({ hostname, port, onTrouble }, options))).url;
}

/** Listens; or says why that can't be done, and what to do about it. */
async function listening<T>(flag: string, hostname: string, port: number, listen: () => T | Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    throw new CommandError(whyNot(cause, flag, hostname, port), { cause });
  }
}

let lastTrouble = -Infinity;

/** Says that connections can't be accepted, at most once per second. */
function onTrouble(error: unknown): void {
  const now = performance.now();
  if (now - lastTrouble < 1_000) return;
  lastTrouble = now;
  console.error(`server: can't accept connections, trying again: ${error instanceof Error ? error.message : error}`);
}

function whyNot(error: unknown, flag: string, hostname: string, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `can't listen on ${hostname}:${port}, something else does; stop that, or choose a port with ${flag} (0: any)`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `can't listen on ${hostname}, which isn't an address of this machine; choose another with --hostname`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `may not listen on ${hostname}:${port}; ports below 1024 are often reserved, choose one with ${flag}`;
  }
  return `can't listen on ${hostname}:${port}: ${error instanceof Error ? error.message : error}`;
}
