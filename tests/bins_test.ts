import { assertEquals } from "@std/assert";
import { Bins } from "../lib/bins.ts";

Deno.test("Bins counts events by kind and time", () => {
  const bins = new Bins(["a", "b"]);
  bins.add("a", 0);
  bins.add("a", 0.9);
  bins.add("b", 2);
  assertEquals([bins.widthMs, bins.counts("a"), bins.counts("b")], [1, [2, 0, 0], [0, 0, 1]]);
});

Deno.test("Bins joins bins when time goes on, and loses no event", () => {
  const bins = new Bins(["a"]);
  for (let at = 0; at < 100_000; at += 10) bins.add("a", at);
  assertEquals(bins.widthMs, 512);
  assertEquals(bins.counts("a").length, 196);
  assertEquals(bins.counts("a").reduce((sum, each) => sum + each), 10_000);
  assertEquals(Math.max(...bins.counts("a")), 52);
});

Deno.test("Bins counts what was before the start as at the start", () => {
  const bins = new Bins(["a"]);
  bins.add("a", -3);
  assertEquals(bins.counts("a"), [1]);
});

Deno.test("Bins without events has no counts", () => assertEquals(new Bins(["a"]).counts("a"), []));
