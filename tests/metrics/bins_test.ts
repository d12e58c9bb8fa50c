import { assertEquals } from "@std/assert";
import { Bins } from "../../lib/metrics/bins.ts";

Deno.test("Bins counts events by kind and time", () => {
  const bins = new Bins(["a", "b"]);
  bins.add("a", 0);
  bins.add("a", 0.9);
  bins.add("b", 2);
  assertEquals([bins.widthMs, bins.sums("a"), bins.sums("b")], [1, [2, 0, 0], [0, 0, 1]]);
});

Deno.test("Bins joins bins when time goes on, and loses no event", () => {
  const bins = new Bins(["a"]);
  for (let at = 0; at < 100_000; at += 10) bins.add("a", at);
  assertEquals(bins.widthMs, 512);
  assertEquals(bins.sums("a").length, 196);
  assertEquals(bins.sums("a").reduce((sum, each) => sum + each), 10_000);
  assertEquals(Math.max(...bins.sums("a")), 52);
});

Deno.test("Bins counts what was before the start as at the start", () => {
  const bins = new Bins(["a"]);
  bins.add("a", -3);
  assertEquals(bins.sums("a"), [1]);
});

Deno.test("Bins without events has no counts", () => assertEquals(new Bins(["a"]).sums("a"), []));

Deno.test("Bins adds up amounts", () => {
  const bins = new Bins(["a"]);
  bins.add("a", 1, 0.5);
  bins.add("a", 1.5, 2);
  assertEquals(bins.sums("a"), [0, 2.5]);
});
