import { assert, assertEquals } from "@std/assert";
import { Latencies } from "../../lib/metrics/latencies.ts";

Deno.test("Latencies has nothing to say of nothing", async () => {
  assertEquals(await new Latencies().percentiles(), undefined);
});

Deno.test("Latencies of one duration are that duration", async () => {
  const latencies = new Latencies();
  latencies.add(7.25);
  assertEquals(await latencies.percentiles(), { p50: 7.25, p90: 7.25, p99: 7.25, max: 7.25 });
});

Deno.test("Latencies are exact for few durations, in whatever order they come", async () => {
  const latencies = new Latencies();
  for (let n = 1; n <= 100; n++) latencies.add((n * 37) % 101);
  assertEquals(await latencies.percentiles(), { p50: 50, p90: 90, p99: 99, max: 100 });
});

Deno.test("Latencies are right to three digits for many durations, in constant memory", async () => {
  const latencies = new Latencies();
  for (let round = 0; round < 4; round++) {
    for (let n = 1; n <= 60_000; n++) latencies.add((n * 37) % 60_001 / 10);
    await new Promise((resolve) => setTimeout(resolve, 100)); // others have their turn, as between downloads
  }
  const found = await latencies.percentiles();
  assert(found);
  for (const [key, right] of [["p50", 3_000], ["p90", 5_400], ["p99", 5_940], ["max", 6_000]] as const) {
    assert(Math.abs(found[key] - right) <= right / 500, `${key} is ${found[key]}`);
  }
});
