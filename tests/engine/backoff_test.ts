import { assert, assertEquals } from "@std/assert";
import { BACKOFF_MS } from "../../constants.ts";
import { backoff, MAX_BACKOFF_MS } from "../../lib/engine/backoff.ts";

const most = () => 1;

Deno.test("backoff() doubles the most it waits with every attempt", () => {
  const waits = [1, 2, 3, 4].map((attempt) => backoff(attempt, { baseMs: 100, maxMs: 1e6, random: most }));
  assertEquals(waits, [100, 200, 400, 800]);
});

Deno.test("backoff() waits a random part of that, from nothing on", () => {
  const part = (random: number) => backoff(3, { baseMs: 100, random: () => random });
  assertEquals([part(0), part(0.25), part(0.5)], [0, 100, 200]);
});

Deno.test("backoff() never waits longer than its bound, whatever the attempt", () => {
  for (const attempt of [9, 100, 2_000]) {
    assertEquals(backoff(attempt, { baseMs: 100, maxMs: 5_000, random: most }), 5_000);
  }
});

Deno.test("backoff() of 0 milliseconds doesn't wait, whatever the attempt", () => {
  for (const attempt of [1, 100, 2_000]) assertEquals(backoff(attempt, { baseMs: 0, random: most }), 0);
});

Deno.test("backoff() without options uses the project's constants and real randomness", () => {
  assertEquals(backoff(1, { random: most }), BACKOFF_MS);
  assertEquals(backoff(50, { random: most }), MAX_BACKOFF_MS);
  const waits = new Set(Array.from({ length: 20 }, () => backoff(1)));
  assert(waits.size > 1);
  for (const wait of waits) assert(wait >= 0 && wait < BACKOFF_MS);
});
