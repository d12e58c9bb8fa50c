/**
 * Limits for all clients together, for each client address, or for each of the site's own addresses, and what those
 * beyond them are told.
 *
 * @module
 */

import { type Refusal, Throttle, type ThrottleOptions } from "./throttle.ts";

/** Whom a limit is for. */
export const LIMIT_PER = ["all", "address", "host"] as const;
/** What those beyond a limit are told. */
export const REFUSE_WITH = ["retry-after", "nothing", "slow-down"] as const;
/** How every answer says what is left of the requests per second. */
export const RATE_LIMIT_HEADERS = ["none", "ietf", "x"] as const;

/** The limits, and how they are told. */
export interface LimitOptions extends ThrottleOptions {
  /** All clients together, each client address, or each host name or address that was asked. Default: `all`. */
  limitPer?: typeof LIMIT_PER[number];
  /** 429 or 503 with Retry-After, without it, or always 503 without it, as S3 does. Default: `retry-after`. */
  refuseWith?: typeof REFUSE_WITH[number];
  /** None, those of the IETF draft, or X-RateLimit-*. Default: `none`. */
  rateLimitHeaders?: typeof RATE_LIMIT_HEADERS[number];
}

/** Throttles held at most; beyond that, one that is idle is forgotten, or else the oldest. */
const MAX_THROTTLES = 4_096;

const SLOW_DOWN = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;

/** Admits requests, or refuses them. */
export class Limits {
  readonly #options: LimitOptions;
  readonly #all: Throttle;
  #each = new Map<string, Throttle>();

  /** Starts empty. */
  constructor(options: LimitOptions = {}) {
    this.#options = options;
    this.#all = new Throttle(options);
  }

  /** The throttle that a request has to pass. */
  of(url: string, client: Deno.NetAddr): Throttle {
    const { limitPer = "all" } = this.#options;
    if (limitPer === "all") return this.#all;
    const key = limitPer === "address" ? client.hostname : new URL(url).hostname;
    const known = this.#each.get(key);
    if (known) return known;
    if (this.#each.size >= MAX_THROTTLES) this.#forget();
    const throttle = new Throttle(this.#options);
    this.#each.set(key, throttle);
    return throttle;
  }

  #forget(): void {
    for (const [key, throttle] of this.#each) if (throttle.isIdle) this.#each.delete(key);
    const [oldest] = this.#each.keys();
    if (this.#each.size >= MAX_THROTTLES) this.#each.delete(oldest);
  }

  /** The answer to a request that a throttle refused. */
  refused({ status, retryAfter }: Refusal): Response {
    const { refuseWith = "retry-after" } = this.#options;
    if (refuseWith === "slow-down") {
      return new Response(SLOW_DOWN, { status: 503, headers: { "content-type": "application/xml" } });
    }
    const detail = status === 429 ? "Too Many Requests" : "Service Unavailable";
    const headers: Record<string, string> = refuseWith === "nothing" ? {} : { "retry-after": String(retryAfter) };
    return Response.json({ detail }, { status, headers });
  }

  /** The fields that tell what is left (draft-ietf-httpapi-ratelimit-headers-10, or as GitHub has them). */
  fields(throttle: Throttle): Record<string, string> {
    const quota = throttle.quota;
    const { rateLimitHeaders = "none" } = this.#options;
    if (quota === undefined || rateLimitHeaders === "none") return {};
    const { limit, window, remaining, reset } = quota;
    if (rateLimitHeaders === "ietf") {
      return {
        "ratelimit-policy": `"default";q=${limit};w=${window}`,
        "ratelimit": `"default";r=${remaining};t=${reset}`,
      };
    }
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-reset": String(Math.ceil(Date.now() / 1_000) + reset),
    };
  }
}
