import { assertEquals } from "@std/assert";
import { type Flow, gapsIn, isWorthSplitting, lagsBehind, longest, split } from "../../lib/engine/segment_plan.ts";
import { SegmentCount } from "../../lib/engine/segment_count.ts";

const MB = 1_000_000;
const flow = (left: number, perSecond?: number, ageMs = 5_000, isHeld = false): Flow => ({
  segment: { at: 0, end: left },
  perSecond,
  ageMs,
  isHeld,
});

Deno.test("gapsIn() says what is missing between what there is", () => {
  assertEquals(gapsIn([], 10), [{ at: 0, end: 10 }]);
  assertEquals(gapsIn([{ at: 0, end: 4 }, { at: 6, end: 9 }], 10), [{ at: 4, end: 6 }, { at: 9, end: 10 }]);
  assertEquals(gapsIn([{ at: 2, end: 10 }], 10), [{ at: 0, end: 2 }]);
  assertEquals(gapsIn([{ at: 0, end: 10 }], 10), []);
  assertEquals(gapsIn([{ at: 0, end: 12 }], 10), []);
});

Deno.test("split() leaves no byte out and has none twice", () => {
  for (const end of [2, 3, 1_001]) {
    const first = { at: 1, end };
    const second = split(first);
    assertEquals([first.at, first.end, second.end], [1, second.at, end]);
  }
});

Deno.test("longest() is what takes longest at its own speed, not what is largest", () => {
  const [small, large] = [flow(MB, 10_000), flow(50 * MB, 5 * MB)];
  assertEquals(longest([large, small]), small);
  assertEquals(longest([]), undefined);
});

Deno.test("a segment is split while that takes less time than it saves", () => {
  assertEquals([flow(3 * MB), flow(MB)].map(isWorthSplitting), [true, false]);
  assertEquals([flow(3 * MB, 5 * MB), flow(3 * MB, 500 * MB)].map(isWorthSplitting), [true, false]);
  assertEquals([flow(200_000, 1_000), flow(100_000, 1_000)].map(isWorthSplitting), [true, false]);
});

Deno.test("a connection is given up only if it lags far behind the fastest one, for a while, by its server", () => {
  assertEquals(lagsBehind(flow(MB, 100_000), 5 * MB), true);
  assertEquals(lagsBehind(flow(MB, MB), 5 * MB), false, "it isn't that slow");
  assertEquals(lagsBehind(flow(MB, 100_000, 500), 5 * MB), false, "it has just begun");
  assertEquals(lagsBehind(flow(50_000, 100_000), 5 * MB), false, "it ends soon");
  assertEquals(lagsBehind(flow(MB, 100_000, 5_000, true), 5 * MB), false, "it waits for us");
  assertEquals(lagsBehind(flow(MB), 5 * MB), false, "its speed isn't known");
});

/** The limits, second by second, with a speed that depends on how many segments there are. */
function limits(asked: number | "auto", perSecond: (segments: number) => number): number[] {
  const count = new SegmentCount(asked);
  const seen: number[] = [];
  let bytes = 0;
  for (let now = 1_000; now < 30_000; now += 250) {
    bytes += perSecond(count.limit) / 4;
    count.look(now, bytes, count.limit);
    if (seen.at(-1) !== count.limit) seen.push(count.limit);
  }
  return seen;
}

Deno.test("auto doubles the segments while that helps, up to 16", () => {
  assertEquals(limits("auto", (segments) => segments * 5 * MB), [1, 2, 4, 8, 16]);
  assertEquals(limits("auto", (segments) => Math.min(segments * 5, 18) * MB), [1, 2, 4, 8]);
  assertEquals(limits("auto", () => 100 * MB), [1, 2]);
});

Deno.test("a number of segments is just that, however fast they come", () => {
  assertEquals(limits(4, () => 100 * MB), [4]);
});

Deno.test("auto judges only what flows: as long as there are fewer segments, nothing is measured", () => {
  const count = new SegmentCount("auto");
  for (let now = 0; now < 10_000; now += 250) count.look(now, now, 0);
  assertEquals(count.limit, 1);
});
