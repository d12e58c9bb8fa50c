import { assert, assertEquals } from "@std/assert";
import { type DrawnRequest, MAX_DRAWN, RequestSample, SAMPLES } from "../../lib/metrics/request_sample.ts";
import { Seeded } from "../../tasks/seeded.ts";

const request = (i: number): DrawnRequest => [i, i + 1, i + 2, false];

Deno.test("RequestSample keeps every request up to 200, by when they began", () => {
  const sample = new RequestSample();
  for (let i = MAX_DRAWN - 1; i >= 0; i--) sample.add(request(i));
  assertEquals(sample.drawn, Array.from({ length: MAX_DRAWN }, (_, i) => request(i)));
});

Deno.test("RequestSample keeps 64 real requests of more, and knows how many there were", () => {
  const sample = new RequestSample();
  for (let i = 0; i <= MAX_DRAWN; i++) sample.add(request(i));
  assertEquals([sample.count, sample.drawn.length], [MAX_DRAWN + 1, SAMPLES]);
  assertEquals(new Set(sample.drawn.map(([start]) => start)).size, SAMPLES, "none twice");
  for (const [start, first, end] of sample.drawn) assertEquals([first, end], [start + 1, start + 2]);
});

Deno.test("RequestSample gives late requests the same chance as early ones", () => {
  const lots = new Seeded(15);
  const random = () => lots.int(1_000_000) / 1_000_000;
  let late = 0;
  for (let run = 0; run < 100; run++) {
    const sample = new RequestSample(random);
    for (let i = 0; i < 1_000; i++) sample.add(request(i));
    late += sample.drawn.filter(([start]) => start >= 500).length;
  }
  assert(Math.abs(late / (100 * SAMPLES) - 0.5) < 0.03, `${late} of ${100 * SAMPLES} from the second half`);
});
