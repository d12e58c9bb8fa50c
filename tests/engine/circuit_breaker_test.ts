import { assertEquals } from "@std/assert";
import { RETRY_MAX_TIME_MS } from "../../constants.ts";
import { CircuitBreaker, FAILURES_TO_OPEN, GIVEN_UP_OPEN_MS, MAX_OPEN_MS } from "../../lib/engine/circuit_breaker.ts";

function opened(maxAwayMs?: number): CircuitBreaker {
  const breaker = new CircuitBreaker(maxAwayMs);
  for (let n = 0; n < FAILURES_TO_OPEN; n++) breaker.failed(0, false);
  return breaker;
}

Deno.test("CircuitBreaker opens after some failures in a row, and not with an answer in between", () => {
  const breaker = new CircuitBreaker();
  for (let n = 1; n < FAILURES_TO_OPEN; n++) breaker.failed(0, false);
  assertEquals([breaker.isClosed, breaker.waitMs(0)], [true, 0]);
  breaker.answered();
  for (let n = 1; n < FAILURES_TO_OPEN; n++) breaker.failed(0, false);
  assertEquals(breaker.isClosed, true);
  breaker.failed(0, false);
  assertEquals([breaker.isClosed, breaker.waitMs(0)], [false, 500]);
});

Deno.test("CircuitBreaker stays open for twice as long after each probe that fails, up to a bound", () => {
  const breaker = opened(Infinity);
  const waits: number[] = [];
  for (let now = 0; waits.length < 8;) {
    const waitMs = breaker.waitMs(now);
    waits.push(waitMs);
    now += waitMs;
    assertEquals(breaker.waitMs(now), 0, "half-open");
    breaker.failed(now, true);
  }
  assertEquals(waits, [500, 1_000, 2_000, 4_000, 8_000, MAX_OPEN_MS, MAX_OPEN_MS, MAX_OPEN_MS]);
});

Deno.test("CircuitBreaker closes when a probe is answered, and begins from the start when it opens again", () => {
  const breaker = opened();
  breaker.failed(500, true);
  breaker.answered();
  assertEquals([breaker.isClosed, breaker.isUntouched, breaker.waitMs(500)], [true, true, 0]);
  for (let n = 0; n < FAILURES_TO_OPEN; n++) breaker.failed(10_000, false);
  assertEquals(breaker.waitMs(10_000), 500);
});

Deno.test("CircuitBreaker doesn't count what was in flight when it opened", () => {
  const breaker = opened();
  for (let n = 0; n < 100; n++) breaker.failed(RETRY_MAX_TIME_MS * 2, false);
  assertEquals([breaker.hasGivenUp, breaker.waitMs(0)], [false, 500]);
});

Deno.test("CircuitBreaker gives up when the host has been away for too long, and takes an answer all the same", () => {
  const breaker = opened(120_000);
  breaker.failed(119_999, true);
  assertEquals(breaker.hasGivenUp, false);
  breaker.failed(120_000, true);
  assertEquals([breaker.hasGivenUp, breaker.waitMs(120_000)], [true, GIVEN_UP_OPEN_MS]);
  breaker.answered();
  assertEquals([breaker.hasGivenUp, breaker.isClosed], [false, true]);
});

Deno.test("CircuitBreaker that is to wait for nobody gives up as it opens", () => {
  assertEquals(opened(0).hasGivenUp, true);
});

Deno.test("CircuitBreaker gives up at once on a host that isn't there", () => {
  const breaker = new CircuitBreaker();
  breaker.giveUp(0);
  assertEquals([breaker.hasGivenUp, breaker.isClosed, breaker.waitMs(0)], [true, false, GIVEN_UP_OPEN_MS]);
});
