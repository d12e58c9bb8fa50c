import { assertEquals } from "@std/assert";
import { Lease } from "../../lib/cluster/lease.ts";

function clocks() {
  const time = { monotonic: 1_000, wall: 5_000_000 };
  const pass = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  return { time, pass, now: () => ({ ...time }) };
}

Deno.test("a lease starts nothing after 10 s, aborts after 13 s, and is gone after 15 s", () => {
  const { pass, now } = clocks();
  const lease = new Lease(now);
  assertEquals([lease.state, lease.nextChangeMs], ["gone", Infinity]);
  lease.confirmed(now());
  assertEquals([lease.state, lease.nextChangeMs], ["held", 10_000]);
  pass(9_999);
  assertEquals([lease.state, lease.nextChangeMs], ["held", 1]);
  pass(1);
  assertEquals([lease.state, lease.nextChangeMs], ["draining", 3_000]);
  pass(2_999);
  assertEquals(lease.state, "draining");
  pass(1);
  assertEquals([lease.state, lease.nextChangeMs], ["aborted", 2_000]);
  pass(2_000);
  assertEquals([lease.state, lease.nextChangeMs], ["gone", Infinity]);
});

Deno.test("a lease counts from when its renewal was sent", () => {
  const { pass, now } = clocks();
  const lease = new Lease(now);
  const sentAt = now();
  pass(9_000);
  lease.confirmed(sentAt);
  pass(1_000);
  assertEquals(lease.state, "draining");
  lease.confirmed(now());
  assertEquals(lease.state, "held");
});

Deno.test("a lease counts by the clock that has gone further: one stands while a machine sleeps, the other can be set", () => {
  const { time, now } = clocks();
  const lease = new Lease(now);
  lease.confirmed(now());
  time.wall += 15_000;
  assertEquals(lease.state, "gone");
  time.wall -= 15_000;
  assertEquals(lease.state, "gone", "for good");
  lease.confirmed(now());
  time.wall -= 3_600_000;
  assertEquals(lease.state, "held");
  time.monotonic += 13_000;
  assertEquals(lease.state, "aborted");
  time.monotonic -= 13_000;
  assertEquals(lease.state, "aborted", "until it is renewed");
});
