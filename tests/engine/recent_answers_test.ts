import { assertAlmostEquals, assertEquals } from "@std/assert";
import { RecentAnswers } from "../../lib/engine/recent_answers.ts";

Deno.test("RecentAnswers counts the good answers of the last second, and the share of the others", () => {
  const recent = new RecentAnswers();
  for (let n = 0; n < 20; n++) recent.note(n, false, Infinity);
  for (let n = 0; n < 5; n++) recent.note(20 + n, true, Infinity);
  assertEquals([recent.goodPerSecond(25), recent.refusedShare(25)], [20, 0.2]);
});

Deno.test("RecentAnswers has what was before the last second count less and less", () => {
  const recent = new RecentAnswers();
  for (let now = 0; now < 1_000; now += 50) recent.note(now, false, Infinity);
  recent.note(1_000, false, Infinity);
  assertEquals([1_000, 1_500, 2_000].map((now) => recent.goodPerSecond(now)), [21, 11, 1]);
  recent.note(2_900, true, Infinity);
  assertEquals(recent.goodPerSecond(2_900), 0, "less than one is none, and no rate to go by");
});

Deno.test("RecentAnswers tells a steady rate wherever in a second it is asked", () => {
  const recent = new RecentAnswers();
  for (let now = 0; now < 5_000; now += 50) {
    recent.note(now, false, Infinity);
    if (now > 1_000) assertAlmostEquals(recent.goodPerSecond(now), 20, 1.1);
  }
});

Deno.test("RecentAnswers forgets what was long ago", () => {
  const recent = new RecentAnswers();
  for (let n = 0; n < 20; n++) recent.note(0, true, Infinity);
  recent.note(60_000, false, Infinity);
  assertEquals([recent.goodPerSecond(60_000), recent.refusedShare(60_000)], [1, 0]);
});

Deno.test("RecentAnswers looks at a longer time where few requests are sent", () => {
  const recent = new RecentAnswers();
  for (let now = 0; now <= 40_000; now += 4_000) recent.note(now, false, 0.25);
  assertAlmostEquals(recent.goodPerSecond(40_000), 0.25, 0.07);
});

Deno.test("RecentAnswers knows nothing at first", () => {
  const recent = new RecentAnswers();
  assertEquals([recent.goodPerSecond(5), recent.refusedShare(5)], [0, 0]);
});
