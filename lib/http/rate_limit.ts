/**
 * What a server says of the requests that it still takes, before it has to refuse one (429).
 *
 * There are three ways to say it, and the first that can be read counts:
 * - `RateLimit: "default";r=50;t=30`, with `RateLimit-Policy: "default";q=100;w=60`
 *   (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4; revision 07 wrote `limit=100, remaining=50, reset=30`);
 * - `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (the same draft up to revision 06, §3);
 * - `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, which nobody has specified: the last is seconds, or
 *   a time in seconds or milliseconds since the epoch.
 *
 * All of it comes from outside. What is no plain number says nothing, and no time is believed to be longer than a day.
 *
 * @module
 */

import type { AnswerHeaders } from "../core/answer.ts";
import type { Quota } from "../core/outcome.ts";
import { parseHttpDate } from "./retry_after.ts";

/** Milliseconds of the longest window that is believed: quotas for longer than a day aren't for a run to wait for. */
const MOST_MS = 24 * 60 * 60_000;

/** Requests that count as no limit: more than any window brings. */
const MOST_REQUESTS = 1e9;

/** Numbers from which on a reset is a time since the epoch: in seconds (the year 2001), and in milliseconds. */
const [EPOCH_SECONDS, EPOCH_MS] = [1e9, 1e12];

/** Characters of a header that are looked at: a line of policies takes some dozens. */
const MOST_CHARACTERS = 1_000;

/** A number as it may be written, with decimals where they are usual; nothing negative, no exponent. */
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;

/** One member of a list, and its parameters (RFC 9651 §3.1): a name in quotes or a token, then `;key=value` each. */
const MEMBER = /(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9*][\w!#$%&'*+.^`|~:/-]*))((?:\s*;\s*[a-z*][\w.*-]*(?:=[^;,\s]*)?)*)/g;

/** A parameter. */
const PARAMETER = /;\s*([a-z*][\w.*-]*)(?:=([^;,\s]*))?/g;

/** `limit=100, remaining=50, reset=30`, as revision 07 of the draft wrote it. */
const PAIR = /(?:^|,)\s*(limit|remaining|reset)\s*=\s*([^,;\s]+)/gi;

/**
 * Reads what headers say.
 *
 * @param headers Headers of an answer.
 * @param now What time it is, in milliseconds since the epoch. Default: `Date.now()`.
 * @returns What is left, and for how long; undefined if they don't say both.
 */
export function readRateLimit(headers: AnswerHeaders, now: number = Date.now()): Quota | undefined {
  const get = (name: string) => headers.get(name)?.slice(0, MOST_CHARACTERS) ?? "";
  const policies = readPolicies(get("ratelimit-policy"));
  return readItems(get("ratelimit"), policies) ?? readPairs(get("ratelimit"), policies) ??
    readTriple("ratelimit", { get, policies, now }) ?? readTriple("x-ratelimit", { get, policies, now });
}

/** A quota policy: so many requests, in so many milliseconds. */
interface Policy {
  limit: number | undefined;
  windowMs: number | undefined;
}

/** Several policies may hold at once; what counts is the one by which the next request has to wait the longest. */
function readItems(text: string, policies: ReadonlyMap<string, Policy>): Quota | undefined {
  let strictest: Quota | undefined;
  for (const { name, parameters } of members(text)) {
    const remaining = numberOf(parameters.get("r"));
    if (remaining === undefined) continue;
    const { limit, windowMs } = policies.get(name) ?? { limit: undefined, windowMs: undefined };
    const quota = quotaOf({ remaining, resetMs: msOf(parameters.get("t")) ?? windowMs, limit, windowMs });
    if (quota && (strictest === undefined || waitOf(quota) > waitOf(strictest))) strictest = quota;
  }
  return strictest;
}

function readPairs(text: string, policies: ReadonlyMap<string, Policy>): Quota | undefined {
  const pairs = new Map(Array.from(text.matchAll(PAIR), ([, key, value]) => [key.toLowerCase(), value]));
  const limit = numberOf(pairs.get("limit"));
  const windowMs = windowFor(limit, policies);
  return quotaOf({
    remaining: numberOf(pairs.get("remaining")),
    resetMs: msOf(pairs.get("reset")) ?? windowMs,
    limit,
    windowMs,
  });
}

interface TripleOptions {
  get: (name: string) => string;
  policies: ReadonlyMap<string, Policy>;
  now: number;
}

function readTriple(prefix: string, { get, policies, now }: TripleOptions): Quota | undefined {
  // The limit may have its policies behind it: `100, 100;w=60` (revision 03 §3.1)
  const said = get(`${prefix}-limit`);
  const limit = numberOf(said.split(/[,;]/, 1)[0]);
  const windowMs = windowFor(limit, policies) ?? windowFor(limit, readPolicies(said));
  const lefts = get(`${prefix}-remaining`).split(",").map((each) => numberOf(each));
  const remaining = lefts.includes(undefined) ? undefined : Math.min(...lefts as number[]);
  const resetMs = resetOf(get(`${prefix}-reset`), { now, date: get("date") }) ?? windowMs;
  return quotaOf({ remaining, resetMs, limit, windowMs });
}

/** What there is to say, if it is enough to go by. A limit of nothing at all is how some say that there is none. */
function quotaOf({ remaining, resetMs, limit, windowMs }: Partial<Quota>): Quota | undefined {
  if (remaining === undefined || resetMs === undefined || limit === 0) return undefined;
  const quota: Quota = { remaining, resetMs };
  if (limit !== undefined) quota.limit = limit;
  if (windowMs !== undefined) quota.windowMs = windowMs;
  return quota;
}

/** Policies by name; those of the older drafts are named by their limit. */
function readPolicies(text: string): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  for (const { name, parameters } of members(text)) {
    const limit = numberOf(parameters.get("q") ?? name);
    policies.set(name, { limit, windowMs: msOf(parameters.get("w")) });
  }
  return policies;
}

/** The window of the policy that has this limit. */
function windowFor(limit: number | undefined, policies: ReadonlyMap<string, Policy>): number | undefined {
  for (const policy of policies.values()) if (limit !== undefined && policy.limit === limit) return policy.windowMs;
}

function* members(text: string): Generator<{ name: string; parameters: Map<string, string> }, void> {
  for (const [, quoted, token, rest] of text.matchAll(MEMBER)) {
    const parameters = new Map<string, string>();
    for (const [, key, value = ""] of rest.matchAll(PARAMETER)) parameters.set(key, value);
    yield { name: quoted ?? token, parameters };
  }
}

/** Milliseconds until the reset; a time since the epoch goes by the server's clock, if it says what time it is there. */
function resetOf(text: string, { now, date }: { now: number; date: string }): number | undefined {
  const [first] = text.split(",", 1);
  const number = numberOf(first, Infinity);
  if (number === undefined) return undefined;
  if (number < EPOCH_SECONDS) return bounded(number * 1_000);
  const there = parseHttpDate(date.trim(), now);
  return bounded((number < EPOCH_MS ? number * 1_000 : number) - (Number.isNaN(there) ? now : there));
}

function msOf(seconds: string | undefined): number | undefined {
  const number = numberOf(seconds, Infinity);
  return number === undefined ? undefined : bounded(number * 1_000);
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), MOST_MS);
}

function numberOf(text: string | undefined, most = MOST_REQUESTS): number | undefined {
  const trimmed = text?.trim() ?? "";
  return NUMBER.test(trimmed) ? Math.min(Number(trimmed), most) : undefined;
}

/** About how long the next request has to wait, to tell which of several policies is the strictest. */
function waitOf({ remaining, resetMs }: Quota): number {
  return resetMs / (remaining + 1);
}
