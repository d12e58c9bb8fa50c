/**
 * The flags of `server.ts`.
 *
 * @module
 */

import { HOSTNAME, PORT } from "../../constants.ts";
import {
  choiceFlag,
  COMPLETIONS,
  durationFlag,
  type FlagValues,
  HELP,
  integerFlag,
  numberFlag,
  switchFlag,
  textFlag,
  urlFlag,
  VERSION,
} from "../../lib/cli/flags.ts";
import { BEHAVIOUR_FLAGS } from "./behaviour_flags.ts";
import { MAX_JOURNAL } from "../journal.ts";
import { LIMIT_PER, RATE_LIMIT_HEADERS, REFUSE_WITH } from "../limits.ts";

const LIMITS = "Limits for all clients together";

const TLS = "TLS";
const FRAMES = "HTTP/2 at frame level";
const UPSTREAM = "In front of somebody else's server";
/** What `--h2-flood` sends; http2/server.ts is loaded only where it serves. */
const FLOODS = ["none", "ping", "settings"] as const;

/**
 * Those of the server.
 *
 * @internal
 */
export const OWN_FLAGS = {
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
  upstream: urlFlag({
    about: "pass requests on to this server: what pages hold is its own, the rest is as the other flags say",
    group: UPSTREAM,
  }),
  "upstream-timeout": durationFlag({
    about: "give it up after so long without a byte: 504",
    min: 1,
    max: 3_600_000,
    default: 60_000,
    group: UPSTREAM,
  }),
  "control-port": integerFlag({
    about: "port for /docs, /stats, /behaviour and the like, on 127.0.0.1; 0: any",
    max: 65_535,
    default: 0,
    group: UPSTREAM,
  }),
  "stop-on-eof": switchFlag({
    about: "stop when standard input ends: for whoever starts the server as a child process",
  }),
  completions: COMPLETIONS,
  version: VERSION,
  help: HELP,
};
/** All flags of the website: those of the server, and one for each parameter of a page. */
export const FLAGS: typeof OWN_FLAGS = { ...OWN_FLAGS, ...BEHAVIOUR_FLAGS };

/** What a command line says, or by default. */
export type SiteFlags = FlagValues<typeof FLAGS>;
