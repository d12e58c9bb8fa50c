import { assert, assertEquals } from "@std/assert";
import { QuotaPacer } from "../../lib/engine/quota_pacer.ts";
import { RETRY_AFTER_MOST_MS } from "../../lib/http/retry_after.ts";

/** When requests start of which there are always more, from a pacer that hears nothing further. */
function starts(pacer: QuotaPacer, { from, count }: { from: number; count: number }): number[] {
  const started: number[] = [];
  for (let now = from; started.length < count;) {
    const ms = pacer.waitMs(now, Infinity);
    if (ms > 0) now += ms;
    else {
      pacer.start(now);
      started.push(now - from);
    }
  }
  return started;
}

Deno.test("QuotaPacer has nothing wait before a host has said anything", () => {
  const pacer = new QuotaPacer();
  pacer.start(0);
  pacer.answered(undefined, { now: 0, inFlight: 0 });
  assertEquals([pacer.waitMs(0, Infinity), pacer.isKnown, pacer.state(0)], [0, false, undefined]);
});

Deno.test("QuotaPacer spreads what remains over the time that it is for", () => {
  const pacer = new QuotaPacer();
  pacer.answered({ remaining: 4, resetMs: 1_000 }, { now: 0, inFlight: 0 });
  assertEquals(starts(pacer, { from: 0, count: 4 }), [0, 250, 500, 750]);
  assertEquals(pacer.waitMs(750, Infinity), 250, "none is left until the quota is full again");
});

Deno.test("QuotaPacer takes requests in flight for ones that the answer hasn't counted", () => {
  const pacer = new QuotaPacer();
  pacer.answered({ remaining: 4, resetMs: 1_000 }, { now: 0, inFlight: 4 });
  assertEquals(pacer.waitMs(0, 5), 1_000);
  pacer.answered({ remaining: 4, resetMs: 900 }, { now: 100, inFlight: 0 });
  assertEquals(pacer.waitMs(100, 5), 0);
});

Deno.test("QuotaPacer lets a list go at full speed that needs no more than remains", () => {
  const pacer = new QuotaPacer();
  pacer.answered({ remaining: 4, resetMs: 3_600_000 }, { now: 0, inFlight: 0 });
  for (const waiting of [3, 2, 1, 0]) {
    assertEquals(pacer.waitMs(0, waiting), 0);
    pacer.start(0);
  }
  assert(pacer.waitMs(0, 0) > 0, "none is left");
});

Deno.test("QuotaPacer spreads the next quota as far as it is known how large that is", () => {
  const known = new QuotaPacer();
  known.answered({ remaining: 1, resetMs: 1_000, limit: 3, windowMs: 3_000 }, { now: 0, inFlight: 0 });
  assertEquals(starts(known, { from: 0, count: 5 }), [0, 1_000, 2_000, 3_000, 4_000]);
});

Deno.test("QuotaPacer has one request ask for the next quota if nobody knows it, and forgets what holds no more", () => {
  const pacer = new QuotaPacer();
  pacer.answered({ remaining: 0, resetMs: 1_000 }, { now: 0, inFlight: 0 });
  assertEquals(pacer.waitMs(0, 1), 1_000);
  pacer.start(1_000);
  assertEquals(pacer.waitMs(1_000, 1), 1_000);
  pacer.answered(undefined, { now: 1_100, inFlight: 0 });
  assertEquals([pacer.waitMs(1_100, 1), pacer.isKnown], [0, false]);
});

Deno.test("QuotaPacer has no request wait for longer than Retry-After could", () => {
  const day = 24 * 60 * 60_000;
  for (const remaining of [0, 1, 5]) {
    const pacer = new QuotaPacer();
    pacer.answered({ remaining, resetMs: day, limit: 1, windowMs: day }, { now: 0, inFlight: 0 });
    const started = starts(pacer, { from: 0, count: 20 });
    for (let i = 1; i < started.length; i++) assert(started[i] - started[i - 1] <= RETRY_AFTER_MOST_MS);
  }
});

Deno.test("QuotaPacer goes on with what is known elsewhere", () => {
  const pacer = new QuotaPacer();
  pacer.answered({ remaining: 4, resetMs: 1_000, limit: 9 }, { now: 0, inFlight: 0 });
  const state = pacer.state(100);
  assertEquals(state, { left: 4, resetAt: 1_000, windowMs: 1_000, limit: 9 });
  const other = new QuotaPacer();
  other.restore({ left: 4, resetAt: 1_000, windowMs: 1_000, limit: 9 }, 500);
  assertEquals(other.state(500), state);
  assertEquals(starts(other, { from: 500, count: 4 }), [0, 125, 250, 375]);
  assertEquals(pacer.state(1_000), undefined, "it is over");
});
