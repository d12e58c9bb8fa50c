import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { RateLimiter } from "../../lib/engine/rate_limiter.ts";

/** When so many requests start, if each starts as soon as it may, and is looked at every millisecond. */
function starts(limiter: RateLimiter, count: number, from = 0, late = 0): number[] {
  const times: number[] = [];
  for (let now = from; times.length < count; now++) {
    if (limiter.waitMs(now) > 0) continue;
    limiter.start(now + late);
    times.push(now + late);
    now += late;
  }
  return times;
}

Deno.test("RateLimiter spaces starts evenly", () => {
  assertEquals(starts(new RateLimiter(20), 5), [0, 50, 100, 150, 200]);
});

Deno.test("RateLimiter without a limit has nobody wait, until the host sets one", () => {
  const limiter = new RateLimiter();
  assertEquals(starts(limiter, 3).map(() => limiter.waitMs(0)), [0, 0, 0]);
  assertEquals([limiter.isReduced, limiter.perSecond], [false, Infinity]);
});

Deno.test("RateLimiter isn't slowed by timers that are late, and saves nothing up while nobody asks", () => {
  const late = starts(new RateLimiter(100), 101, 0, 3);
  assertEquals(late[100] - late[0], 1_000);
  const limiter = new RateLimiter(10);
  limiter.start(0);
  assertEquals(starts(limiter, 3, 60_000), [60_000, 60_100, 60_200]);
});

Deno.test("RateLimiter goes down to what was accepted, less half the share that was refused", () => {
  const limiter = new RateLimiter();
  limiter.refused(1_000, { accepted: 20, share: 0.4, count: 9 });
  assertAlmostEquals(limiter.perSecond, 16);
  assertEquals(limiter.waitMs(1_000), 400, "and pauses for that share of a second");
});

Deno.test("RateLimiter takes all refusals of a second for one", () => {
  const limiter = new RateLimiter(100);
  for (let now = 0; now < 1_000; now += 10) limiter.refused(now, { accepted: 80, share: 0.5, count: 9 });
  assertAlmostEquals(limiter.perSecond, 60);
  limiter.refused(1_000, { accepted: 80, share: 0.5, count: 9 });
  assertAlmostEquals(limiter.perSecond, 45);
});

Deno.test("RateLimiter is nearly as fast as before when one in a hundred is refused", () => {
  const limiter = new RateLimiter();
  limiter.refused(0, { accepted: 1_000, share: 0.01, count: 9 });
  assertEquals([limiter.perSecond, limiter.waitMs(0)], [Infinity, 0]);
  limiter.refused(0, { accepted: 1_000, share: 0.2, count: 9 });
  assertEquals(limiter.perSecond, 900);
  limiter.refused(1_000, { accepted: 400, share: 0.01, count: 9 });
  assertEquals(limiter.perSecond, 895.5);
});

Deno.test("RateLimiter doesn't guess a rate from refusals alone", () => {
  const limiter = new RateLimiter();
  for (let now = 0; now < 10_000; now += 100) limiter.refused(now, { accepted: 0, share: 1, count: 9 });
  assertEquals([limiter.isReduced, limiter.waitMs(10_000)], [false, 0]);
});

/** Has so many seconds of good answers come at the rate that the limiter allows. */
function goOn(limiter: RateLimiter, from: number, seconds: number): void {
  for (let now = from; now < from + seconds * 1_000; now += 1_000 / limiter.perSecond) limiter.answered(now, 0);
}

Deno.test("RateLimiter is soon back at what was accepted before, and beyond it goes slowly", () => {
  const limiter = new RateLimiter();
  limiter.refused(0, { accepted: 40, share: 0.5, count: 9 });
  assertAlmostEquals(limiter.perSecond, 30);
  goOn(limiter, 1_000, 1);
  assert(limiter.perSecond >= 39 && limiter.perSecond <= 41, `${limiter.perSecond}`);
  goOn(limiter, 2_000, 1);
  assert(limiter.perSecond > 40 && limiter.perSecond < 44, `${limiter.perSecond}`);
});

Deno.test("RateLimiter goes on quickly when nothing was refused for some seconds, up to what was asked for", () => {
  const limiter = new RateLimiter(1_000);
  limiter.refused(0, { accepted: 2, share: 0.5, count: 9 });
  goOn(limiter, 1_000, 60);
  assertEquals([limiter.perSecond, limiter.isReduced], [1_000, false]);
});

Deno.test("RateLimiter at most doubles with an answer", () => {
  const limiter = new RateLimiter();
  limiter.refused(0, { accepted: 0.2, share: 0.9, count: 9 });
  const before = limiter.perSecond;
  limiter.answered(500, 100);
  assertAlmostEquals(limiter.perSecond, 2 * before);
});

Deno.test("RateLimiter gives up on a host that refuses the same share however seldom it is asked", () => {
  const limiter = new RateLimiter();
  for (let now = 0; now < 10_000; now += 500) {
    limiter.refused(now, { accepted: Math.min(1_000, limiter.perSecond) * 0.8, share: 0.2, count: 9 });
  }
  assertEquals(limiter.isReduced, false);
  limiter.refused(10_000, { accepted: 100, share: 0.6, count: 9 });
  assertEquals(limiter.isReduced, true, "it refuses much more than that");
});

Deno.test("RateLimiter always lets a request start every five seconds, unless fewer were asked for", () => {
  for (const [most, least] of [[Infinity, 0.2], [0.01, 0.01]]) {
    const limiter = new RateLimiter(most);
    for (let now = 0; now < 20_000; now += 1_000) limiter.refused(now, { accepted: 0.001, share: 0.9, count: 9 });
    assertEquals(limiter.perSecond, least);
    assert(limiter.waitMs(20_000) <= 1_000 / least);
  }
});
