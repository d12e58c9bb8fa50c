import { assertEquals } from "@std/assert";
import { Pace, PACE_WINDOW_MS } from "../../lib/report/pace.ts";

Deno.test("Pace says how much was counted per second since the start", () => {
  const pace = new Pace(5_000);
  assertEquals(pace.sample(5_000, 0), 0);
  assertEquals(pace.sample(5_500, 10), 20);
  assertEquals(pace.sample(6_000, 10), 10);
});

Deno.test("Pace forgets what is longer ago than its window", () => {
  const pace = new Pace(0);
  pace.sample(1_000, 1_000_000);
  pace.sample(2_000, 1_000_000);
  assertEquals(pace.sample(2_000 + PACE_WINDOW_MS, 1_000_000 + PACE_WINDOW_MS / 100), 10);
});

Deno.test("Pace looks back to the sample before when samples are further apart than its window", () => {
  const pace = new Pace(0);
  pace.sample(60_000, 60);
  assertEquals(pace.sample(120_000, 180), 2);
});

Deno.test("Pace leaves out the wait for the first count", () => {
  const pace = new Pace(0);
  for (let now = 200; now <= 5_000; now += 200) assertEquals(pace.sample(now, 0), 0);
  assertEquals(pace.sample(5_200, 20), 100);
  assertEquals(pace.sample(6_000, 100), 100);
});
