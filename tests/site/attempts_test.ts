import { assertEquals } from "@std/assert";
import { Attempts } from "../../site/attempts.ts";

Deno.test("Attempts counts each page for itself", () => {
  const attempts = new Attempts();
  assertEquals(["1", "2", "1", "1"].map((n) => attempts.next(n)), [1, 1, 2, 3]);
  const huge = "9".repeat(5_000);
  assertEquals([attempts.next(huge), attempts.next(huge)], [1, 2]);
  attempts.reset();
  assertEquals(attempts.next("1"), 1);
});

Deno.test("Attempts forgets the oldest page beyond 262,144", () => {
  const attempts = new Attempts();
  for (let n = 0; n <= 262_144; n++) attempts.next(String(n));
  assertEquals([attempts.next("262144"), attempts.next("0")], [2, 1]);
});
