/**
 * A slow website: `GET /{n}` waits a second, then answers the integer n.
 *
 *     deno run -A server.ts                            on 127.0.0.1:8000
 *     deno run -A server.ts --port 8001 --delay 50ms   elsewhere, faster
 *     deno serve -A --parallel server.ts               on every core
 *
 * It is made for testing programs that download. It obeys whoever asks it to misbehave, so don't put it on the internet.
 *
 * @module
 */

import { HOSTNAME, PORT, SHUTDOWN_DEADLINE_MS } from "./constants.ts";
import { UsageError } from "./lib/core/errors.ts";
import { choiceFlag, HELP, integerFlag, numberFlag, switchFlag, textFlag } from "./lib/cli/flags.ts";
import { helpText } from "./lib/cli/help_text.ts";
import { parseFlags } from "./lib/cli/parse_flags.ts";
import { BEHAVIOUR_FLAGS, behaviourOf } from "./site/behaviour_flags.ts";
import { MAX_JOURNAL } from "./site/journal.ts";
import { LIMIT_PER, RATE_LIMIT_HEADERS, REFUSE_WITH } from "./site/limits.ts";
import type { Served } from "./site/serve.ts";
import { serveHosts } from "./site/serve_hosts.ts";
import { createSite, type Site } from "./site/site.ts";
import type { Certificates } from "./site/tls/certificates.ts";
import { askedToStop } from "./site/stop.ts";

const LIMITS = "Limits for all clients together";

const TLS = "TLS";
const FRAMES = "HTTP/2 at frame level";
/** What `--h2-flood` sends; site/http2/server.ts is loaded only where it serves. */
const FLOODS = ["none", "ping", "settings"] as const;

const OWN_FLAGS = {
  port: integerFlag({ about: "port to listen on, 0 for any that is free", default: PORT, max: 65_535 }),
  hostname: textFlag({ about: "address to listen on", value: "ADDRESS", default: HOSTNAME }),
  hosts: integerFlag({
    about: "listen on so many addresses from 127.0.0.1 on, each a host of its own: see --limit-per host",
    default: 1,
    min: 1,
    max: 254,
  }),
  "max-concurrent-requests": integerFlag({ about: "requests answered at once, at most", min: 1, group: LIMITS }),
  "when-full": choiceFlag({
    about: "what those beyond that get: 503 with Retry-After, or a wait",
    choices: ["refuse", "queue"],
    default: "refuse",
    group: LIMITS,
  }),
  "requests-per-second": numberFlag({
    about: "requests per second on average, at most; the others get 429 with Retry-After",
    min: 0.001,
    group: LIMITS,
  }),
  burst: integerFlag({
    about: "requests that may come at once before that holds (default: as many)",
    min: 1,
    group: LIMITS,
  }),
  "limit-per": choiceFlag({
    about: "for whom they are: all together, each client address, each host that is asked",
    choices: LIMIT_PER,
    default: "all",
    group: LIMITS,
  }),
  "refuse-with": choiceFlag({
    about: "what those beyond are told: 429 or 503 with Retry-After, without, or 503 SlowDown as S3 does",
    choices: REFUSE_WITH,
    default: "retry-after",
    group: LIMITS,
  }),
  "rate-limit-headers": choiceFlag({
    about: "say in every answer what is left: RateLimit (IETF draft) or X-RateLimit-*",
    choices: RATE_LIMIT_HEADERS,
    default: "none",
    group: LIMITS,
  }),
  "max-connections": integerFlag({
    about: "connections at once, at most; those beyond are reset",
    min: 1,
    group: LIMITS,
  }),
  journal: integerFlag({ about: "keep so many of the last requests for /requests", max: MAX_JOURNAL, default: 0 }),
  scenarios: textFlag({ about: "JSON, behaviours by name, for PUT /behaviour?scenario=NAME", value: "FILE" }),
  "access-log": textFlag({ about: "write every request to this file, one JSON object per line", value: "FILE" }),
  tls: switchFlag({
    about: "serve HTTPS, HTTP/2 by ALPN, with certificates made at the start: see /ca.pem",
    group: TLS,
  }),
  "tls-fault": choiceFlag({
    about: "what is wrong with it; it implies --tls",
    choices: ["none", "expired", "wrong-host", "self-signed", "no-close-notify"],
    default: "none",
    group: TLS,
  }),
  "ca-file": textFlag({
    about: "write the authority's certificate to this file; it implies --tls",
    value: "FILE",
    group: TLS,
  }),
  "h2-port": integerFlag({
    about: "another port, with a server that does what follows; 0: any",
    max: 65_535,
    group: FRAMES,
  }),
  "h2-goaway-after": integerFlag({ about: "GOAWAY with this stream of each connection", min: 1, group: FRAMES }),
  "h2-reset-every": integerFlag({ about: "break each such stream off in the middle", min: 1, group: FRAMES }),
  "h2-max-streams": integerFlag({
    about: "streams at once; one above is refused",
    min: 1,
    default: 100,
    group: FRAMES,
  }),
  "h2-max-streams-every": integerFlag({
    about: "after so many streams, that is 1, then as it was",
    min: 1,
    group: FRAMES,
  }),
  "h2-window": integerFlag({
    about: "bytes of the window that each request body gets",
    default: 65_535,
    max: 2 ** 31 - 1,
    group: FRAMES,
  }),
  "h2-frame-size": integerFlag({
    about: "bytes of a DATA frame, at most",
    min: 1,
    max: 16_384,
    default: 16_384,
    group: FRAMES,
  }),
  "h2-flood": choiceFlag({
    about: "a thousand of them with each request",
    choices: FLOODS,
    default: "none",
    group: FRAMES,
  }),
  "stop-on-eof": switchFlag({
    about: "stop when standard input ends: for whoever starts the server as a child process",
  }),
  help: HELP,
};
const FLAGS: typeof OWN_FLAGS = { ...OWN_FLAGS, ...BEHAVIOUR_FLAGS };

const flags = import.meta.main ? readFlags(Deno.args) : parseFlags([], FLAGS);
let server: Served | undefined;
let certificates: Certificates | undefined;
const scenarios = await readScenarios();
const site = create();
let lastTrouble = -Infinity;

/** The site, for `deno serve` and for whoever wants to serve it otherwise. */
const app: Site["app"] = site.app;
export default app;

// Under `deno serve` import.meta.main is true as well, but Deno itself serves what is exported.
if (import.meta.main && !underDenoServe()) await main();

function create(): Site {
  try {
    return createSite({
      behaviour: behaviourOf(flags),
      maxConcurrentRequests: flags["max-concurrent-requests"],
      whenFull: flags["when-full"],
      requestsPerSecond: flags["requests-per-second"],
      journal: flags.journal,
      scenarios,
      burst: flags.burst,
      limitPer: flags["limit-per"],
      refuseWith: flags["refuse-with"],
      rateLimitHeaders: flags["rate-limit-headers"],
      onRestart: underDenoServe() ? undefined : (downMs) => server?.restart(downMs),
      ca: () => certificates?.ca,
      maxConnections: flags["max-connections"],
      accessLog: flags["access-log"],
    });
  } catch (error) {
    console.error(`server: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}

function readFlags(args: string[]) {
  try {
    return parseFlags(args, FLAGS);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`server: ${error.message}`);
    Deno.exit(2);
  }
}

async function main(): Promise<void> {
  if (flags.help) {
    console.log(helpText({
      usage: "deno run -A server.ts [flags]",
      about: "A slow website: GET /{n} waits, then answers the integer n, or misbehaves as it is asked to.",
      flags: FLAGS,
      examples: [
        ["deno run -A server.ts --delay 50ms", "answers after 50 ms"],
        [
          "deno run -A server.ts --failure-rate 0.1 --seed 7",
          "answers 503 to one request in ten, the same ones each time",
        ],
        ["deno run -A server.ts --requests-per-second 20", "answers 429 to those beyond"],
      ],
    }));
    Deno.exit(0);
  }
  const { hostname, port, hosts } = flags;
  if (hosts > 1 && hostname !== HOSTNAME) {
    console.error(`server: --hosts ${hosts} needs ${HOSTNAME}, but --hostname is ${hostname}; leave one of them out`);
    Deno.exit(2);
  }
  try {
    certificates = await makeCertificates();
    if (certificates && flags["tls-fault"] === "no-close-notify") {
      const { serveWithoutCloseNotify } = await import("./site/tls/no_close_notify.ts");
      server = serveWithoutCloseNotify(app.fetch, { hostname, port, ...certificates, onTrouble });
    } else server = serveHosts(app.fetch, { hostname, port, hosts, ...certificates, onTrouble });
  } catch (error) {
    console.error(`server: ${whyNot(error)}`);
    Deno.exit(1);
  }
  const stop = askedToStop({ onEof: flags["stop-on-eof"] });
  if (!/^(127\.|::1$|localhost$)/.test(hostname)) {
    console.error(
      `server: anyone who can reach ${hostname} can make this server misbehave; use it on networks you trust`,
    );
  }
  console.log(`listening on ${server.url}`);
  console.log(`docs at ${server.url}docs`);
  await serveFrames();

  await stop;
  const deadline = setTimeout(() => {
    console.error(`server: stopped with ${site.stats.inFlight} requests unanswered after ${SHUTDOWN_DEADLINE_MS} ms`);
    site[Symbol.dispose]();
    Deno.exit(0);
  }, SHUTDOWN_DEADLINE_MS);
  site.close();
  await server.shutdown();
  clearTimeout(deadline);
  site[Symbol.dispose]();
  Deno.exit(0);
}

/** Serves HTTP/2 at frame level, where a flag asks for it. It ends with the process. */
async function serveFrames(): Promise<void> {
  const { "h2-port": port, hostname } = flags;
  if (port === undefined) return;
  const { serveHttp2 } = await import("./site/http2/server.ts");
  const { url } = serveHttp2({ hostname, port }, {
    delay: behaviourOf(flags).delay,
    goawayAfter: flags["h2-goaway-after"],
    resetEvery: flags["h2-reset-every"],
    maxStreams: flags["h2-max-streams"],
    maxStreamsEvery: flags["h2-max-streams-every"],
    window: flags["h2-window"],
    frameSize: flags["h2-frame-size"],
    flood: flags["h2-flood"],
  });
  console.log(`frames at ${url}`);
}

/** The behaviours in the file that a flag names, each looked through. */
async function readScenarios(): Promise<Record<string, unknown> | undefined> {
  const { scenarios: file } = flags;
  if (file === undefined) return undefined;
  try {
    const all = JSON.parse(await Deno.readTextFile(file));
    const { readSettings } = await import("./site/run_time.ts");
    for (const [name, scenario] of Object.entries(all)) {
      const read = readSettings(scenario);
      if (Array.isArray(read)) throw new Error(`scenario ${name}, ${read[0].loc[1]}: ${read[0].msg}`);
    }
    return all;
  } catch (error) {
    console.error(`server: can't use --scenarios ${file}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(2);
  }
}

/** What TLS needs, where a flag asks for TLS. */
async function makeCertificates(): Promise<Certificates | undefined> {
  const { tls, hostname, "tls-fault": fault, "ca-file": caFile } = flags;
  if (!tls && fault === "none" && caFile === undefined) return undefined;
  const module = await import("./site/tls/certificates.ts");
  const made = await module.makeCertificates({ hostname, fault: module.TLS_FAULTS.find((each) => each === fault) });
  if (caFile !== undefined) await Deno.writeTextFile(caFile, made.ca);
  return made;
}

/** Says that connections can't be accepted, at most once per second. */
function onTrouble(error: unknown): void {
  const now = performance.now();
  if (now - lastTrouble < 1_000) return;
  lastTrouble = now;
  console.error(`server: can't accept connections, trying again: ${error instanceof Error ? error.message : error}`);
}

/** Why the server could not start, and what to do about it. */
function whyNot(error: unknown): string {
  const { hostname, port } = flags;
  if (error instanceof Deno.errors.AddrInUse) {
    return `can't listen on ${hostname}:${port}, something else does; stop that, or choose a port with --port (0: any)`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `can't listen on ${hostname}, which isn't an address of this machine; choose another with --hostname`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `may not listen on ${hostname}:${port}; ports below 1024 are often reserved, choose one with --port`;
  }
  return `can't listen on ${hostname}:${port}: ${error instanceof Error ? error.message : error}`;
}

/** Whether `deno serve` runs this module. It doesn't say so itself; the command line does, where it can be read. */
function underDenoServe(): boolean {
  if (Deno.build.os !== "linux") return Deno.env.has("DENO_SERVE");
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return false;
  try {
    const words = Deno.readTextFileSync("/proc/self/cmdline").split("\0");
    return words.indexOf("serve") === words.findIndex((word, i) => i > 0 && !word.startsWith("-"));
  } catch (error) {
    // Only --allow-all allows reading there. With less, `deno run` is assumed.
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
