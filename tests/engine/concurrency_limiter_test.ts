import { assertEquals } from "@std/assert";
import { ConcurrencyLimiter } from "../../lib/engine/concurrency_limiter.ts";

/** Starts as many as there is room for, and says how many are in flight then. */
function fill(limiter: ConcurrencyLimiter): number {
  while (limiter.hasRoom) limiter.start();
  return limiter.inFlight;
}

/** Ends all that are in flight, and fills it again. */
function refill(limiter: ConcurrencyLimiter): number {
  while (limiter.inFlight > 0) limiter.end();
  return fill(limiter);
}

Deno.test("ConcurrencyLimiter has as many in flight as were asked for", () => {
  const limiter = new ConcurrencyLimiter(7);
  assertEquals([fill(limiter), limiter.isReduced], [7, false]);
});

Deno.test("ConcurrencyLimiter halves when everything is refused, once in a second", () => {
  const limiter = new ConcurrencyLimiter(64);
  fill(limiter);
  const limits: number[] = [];
  for (const now of [0, 1, 999, 1_000, 1_500]) {
    limiter.end();
    limiter.refused(now, 1);
    limits.push(refill(limiter));
  }
  assertEquals(limits, [32, 32, 32, 16, 16]);
});

Deno.test("ConcurrencyLimiter goes down by half the share that was refused", () => {
  const limiter = new ConcurrencyLimiter(100);
  fill(limiter);
  limiter.end();
  limiter.refused(0, 0.1);
  assertEquals(refill(limiter), 95);
});

Deno.test("ConcurrencyLimiter never goes below one", () => {
  const limiter = new ConcurrencyLimiter();
  for (let now = 0; now < 100_000; now += 1_000) limiter.refused(now, 1);
  assertEquals(fill(limiter), 1);
});

Deno.test("ConcurrencyLimiter adds one with every round of good answers, up to what was asked for", () => {
  const limiter = new ConcurrencyLimiter(8);
  fill(limiter);
  limiter.end();
  limiter.refused(0, 1);
  const rounds: number[] = [];
  while (limiter.isReduced) {
    const round = refill(limiter);
    rounds.push(round);
    for (let n = 0; n < round; n++) limiter.answered();
  }
  assertEquals(rounds, [4, 4, 5, 6, 7]);
  assertEquals(refill(limiter), 8);
});
