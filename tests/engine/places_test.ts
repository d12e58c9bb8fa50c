import { assert, assertEquals } from "@std/assert";
import { MAX_STALLED, Places } from "../../lib/engine/places.ts";

Deno.test("Places lends as many as MAX_STALLED beside the regular ones, where descriptors suffice", () => {
  const { regular, lent, all } = new Places({ concurrency: 400 });
  assertEquals([regular, lent, all], [400, MAX_STALLED, Infinity]);
  const many = new Places({ concurrency: 400, connections: 14_000 });
  assertEquals([many.regular, many.lent], [400, MAX_STALLED]);
});

Deno.test("Places keeps some of few connections for what goes in the place of stalled downloads", () => {
  const { regular, lent, all } = new Places({ concurrency: 400, connections: 100 });
  assertEquals([regular, lent, all], [75, 25, 100]);
  assertEquals(new Places({ concurrency: 10, connections: 100 }).regular, 10);
  assertEquals(new Places({ concurrency: 10, connections: 1 }).regular, 1);
});

Deno.test("Places has fewer once descriptors ran out, at least one, and slowly more again", () => {
  const places = new Places({ concurrency: 400, connections: 100 });
  places.runOut(40);
  assertEquals(places.all, 30);
  places.runOut(39);
  assertEquals(places.all, 29);
  for (let n = 0; n < 28; n++) places.settle();
  assertEquals(places.all, 29);
  places.settle();
  assertEquals(places.all, 30);
  for (let n = 0; n < 10_000; n++) places.settle();
  assertEquals(places.all, 100, "and never more than there are");
  places.runOut(0);
  assertEquals(places.all, 1);
});

Deno.test("Places finds out how many there are where no limit is known", () => {
  const places = new Places({ concurrency: 400 });
  places.runOut(200);
  assertEquals(places.all, 150);
  for (let n = 0; n < 150; n++) places.settle();
  assert(places.all > 150);
});
