import { assertEquals } from "@std/assert";
import { BACKOFF_FIRST_MS, BACKOFF_MOST_MS } from "../constants.ts";
import { backoff } from "../lib/backoff.ts";

Deno.test("backoff() doubles its limit from attempt to attempt, up to the longest wait", () => {
  const options = { firstMs: 100, mostMs: 1_000, random: () => 1 };
  assertEquals([1, 2, 3, 4, 5, 6].map((attempt) => backoff(attempt, options)), [100, 200, 400, 800, 1_000, 1_000]);
  assertEquals(backoff(5_000, options), 1_000);
});

Deno.test("backoff() is random from nothing to its limit", () => {
  assertEquals(backoff(2, { random: () => 0 }), 0);
  assertEquals(backoff(2, { random: () => 0.5 }), BACKOFF_FIRST_MS);
  const waits = Array.from({ length: 1_000 }, () => backoff(20));
  assertEquals(waits.every((ms) => ms >= 0 && ms < BACKOFF_MOST_MS), true);
  assertEquals(new Set(waits).size > 900, true);
});
