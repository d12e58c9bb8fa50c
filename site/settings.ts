/**
 * Everything that the site can be asked to do while it runs: what each page does, and limits for all.
 *
 * @module
 */

import { MAX_JOURNAL } from "./journal.ts";
import { LIMIT_PER, type LimitOptions, RATE_LIMIT_HEADERS, REFUSE_WITH } from "./limits.ts";
import { type Behaviour, type Parameter, PARAMETERS } from "./parameters.ts";

/** What can be changed while the site runs. */
export interface Settings extends Behaviour, Omit<LimitOptions, "now"> {
  /** The last requests that are kept for `/requests`. Default: 0. */
  journal?: number;
}

const MANY = 1_000_000_000;

/** The settings beside {@linkcode PARAMETERS}, under the names that their fields have, with the bounds of the flags. */
export const SITE_SETTINGS = {
  maxConcurrentRequests: { kind: "integer", about: "requests answered at once", min: 1, max: MANY },
  whenFull: { kind: "choice", about: "what those beyond that get", choices: ["refuse", "queue"] },
  requestsPerSecond: { kind: "number", about: "requests per second on average", min: 0.001, max: MANY },
  burst: { kind: "integer", about: "requests that may come at once before that holds", min: 1, max: MANY },
  limitPer: { kind: "choice", about: "for whom the limits are", choices: LIMIT_PER },
  refuseWith: { kind: "choice", about: "what those beyond are told", choices: REFUSE_WITH },
  rateLimitHeaders: { kind: "choice", about: "what every answer says is left", choices: RATE_LIMIT_HEADERS },
  journal: { kind: "integer", about: "the last requests kept for /requests", min: 0, max: MAX_JOURNAL },
} as const satisfies Record<string, Parameter>;

/** All settings with their names. */
export const SETTING_LIST: [keyof Settings, Parameter][] = Object.entries({ ...PARAMETERS, ...SITE_SETTINGS }) as [
  keyof Settings,
  Parameter,
][];

/** What pages hold, and whether they redirect: not to be asked of pages that are an upstream's. */
const OF_OWN_PAGES: readonly (keyof Behaviour)[] = [
  "numbytes",
  "chunkSize",
  "gzip",
  "encoding",
  "encodingForced",
  "bomb",
  "changeEvery",
  "changeInterval",
  "validators",
  "ranges",
  "redirects",
  "redirectLoop",
];

/** A setting that an upstream's pages can't have; undefined if there is none. */
export function ownPageSetting(settings: Settings): keyof Behaviour | undefined {
  return OF_OWN_PAGES.find((name) => settings[name] !== undefined);
}
