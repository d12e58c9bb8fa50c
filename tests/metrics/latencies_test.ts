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

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.1, 1, 2.5, 10];

Deno.test("Latencies has a distribution of nothing", () => {
  const { buckets, count, sum } = new Latencies().distribution([1, 2]);
  assertEquals({ buckets, count, sum }, { buckets: [[1, 0], [2, 0]], count: 0, sum: 0 });
});

Deno.test("Latencies counts durations up to each bound, those on it included, in seconds", () => {
  const latencies = new Latencies();
  for (const ms of [500, 1_000, 1_000.4, 1_000.6, 2_500, 60_000]) latencies.add(ms);
  const { buckets, count, sum } = latencies.distribution([0.1, 1, 2.5, 10]);
  assertEquals(buckets, [[0.1, 0], [1, 2], [2.5, 5], [10, 5]]);
  assertEquals([count, sum], [6, 66.001]);
});

Deno.test("Latencies never takes back what its distribution has said, when there are many durations and while more come", async () => {
  const latencies = new Latencies();
  let before = latencies.distribution(BOUNDS);
  let state = 7;
  for (let n = 1; n <= 120_000; n++) {
    state = (state * 48_271) % 2_147_483_647;
    // Many of them just beyond a bound, where fewer digits move them to the bucket below
    const bound = BOUNDS[state % BOUNDS.length] * 1_000;
    latencies.add(bound * (1 + (state % 1_000) / 1e6));
    if (n % 10_000 !== 0 && n !== 50_001) continue;
    await new Promise((resolve) => setTimeout(resolve, 20)); // the histogram's package is loaded meanwhile
    const now = latencies.distribution(BOUNDS);
    for (const [at, [bound, count]] of now.buckets.entries()) {
      assert(count >= before.buckets[at][1], `up to ${bound}: ${before.buckets[at][1]}, then ${count}`);
    }
    assert(now.sum > before.sum && now.count === n);
    before = now;
  }
});
