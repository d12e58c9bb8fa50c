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
    by_client: { "no User-Agent": { requests: 3, connections: 2 } },
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
    by_client: {},
  });
});

Deno.test("Stats counts addresses beyond the first thousand together", () => {
  const stats = new Stats();
  for (let i = 0; i < 1_500; i++) stats.begin(from(`10.0.${i >> 8}.${i & 255}`, 1));
  const peaks = stats.report().peak_in_flight_by_address;
  assertEquals(Object.keys(peaks).length, 1_001);
  assertEquals(peaks.others, 500);
});

const by = (name: string) => ({ headers: new Headers({ "user-agent": name }) });

Deno.test("Stats counts by client, and reads its name once for each connection", () => {
  const stats = new Stats();
  let reads = 0;
  const request = { headers: { get: () => (reads++, "a/1") } };
  for (let i = 0; i < 10; i++) stats.begin(from("127.0.0.1", i % 2), request);
  stats.begin(from("127.0.0.1", 9), by("b/1"));
  assertEquals(stats.report().by_client, {
    "a/1": { requests: 10, connections: 2 },
    "b/1": { requests: 1, connections: 1 },
  });
  assertEquals(reads, 2);
});

Deno.test("Stats keeps 50 clients, whatever names they come with", () => {
  const stats = new Stats();
  for (let i = 0; i < 100; i++) stats.begin(from("127.0.0.1", i), by(`${i}`.padEnd(1_000, "x")));
  const names = Object.keys(stats.report().by_client);
  assertEquals([names.length, Math.max(...names.map(({ length }) => length))], [51, 80]);
  assertEquals(stats.report().by_client.others.requests, 50);
});

Deno.test("Stats knows the peak since it was last asked for it", () => {
  const stats = new Stats();
  const visitors = [1, 2, 3].map((port) => stats.begin(from("127.0.0.1", port)));
  for (const visitor of visitors.slice(1)) stats.end(visitor, 200);
  assertEquals([stats.takeIntervalPeak(), stats.takeIntervalPeak()], [3, 1]);
  stats.begin(from("127.0.0.1", 4));
  assertEquals([stats.takeIntervalPeak(), stats.report().peak_in_flight], [2, 3]);
});
