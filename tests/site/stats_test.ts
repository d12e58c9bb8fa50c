import { assertEquals } from "@std/assert";
import { Stats } from "../../site/stats.ts";

const from = (hostname: string, port: number): Deno.NetAddr => ({ transport: "tcp", hostname, port });

Deno.test("Stats counts requests, answers, connections and the most at once", () => {
  const stats = new Stats();
  const first = stats.begin(from("127.0.0.1", 1));
  const second = stats.begin(from("127.0.0.1", 1));
  stats.end(first, 200);
  stats.end(stats.begin(from("127.0.0.2", 1)), 404);
  stats.fault("STALL");
  assertEquals(stats.report(), {
    requests: 3,
    responses: { 200: 1, 404: 1 },
    faults: { STALL: 1 },
    connections: 2,
    in_flight: 1,
    peak_in_flight: 2,
    peak_in_flight_by_address: { "127.0.0.1": 2, "127.0.0.2": 1 },
  });
  stats.end(second, 200);
  assertEquals(stats.inFlight, 0);
});

Deno.test("Stats.reset() forgets all but what is in flight", () => {
  const stats = new Stats();
  stats.end(stats.begin(from("127.0.0.2", 1)), 200);
  const open = stats.begin(from("127.0.0.1", 1));
  stats.begin(from("127.0.0.1", 1));
  stats.end(open, 200);
  stats.fault("STALL");
  stats.reset();
  assertEquals(stats.report(), {
    requests: 0,
    responses: {},
    faults: {},
    connections: 0,
    in_flight: 1,
    peak_in_flight: 1,
    peak_in_flight_by_address: { "127.0.0.1": 1 },
  });
});

Deno.test("Stats counts addresses beyond the first thousand together", () => {
  const stats = new Stats();
  for (let i = 0; i < 1_500; i++) stats.begin(from(`10.0.${i >> 8}.${i & 255}`, 1));
  const peaks = stats.report().peak_in_flight_by_address;
  assertEquals(Object.keys(peaks).length, 1_001);
  assertEquals(peaks.others, 500);
});
