import { assertEquals } from "@std/assert";
import { closestString } from "@std/text/closest-string";
import { nearest } from "../../lib/core/nearest.ts";

Deno.test("nearest() finds the word that takes the fewest changes, the first of several", () => {
  const words = ["trials", "rate", "timeout", "input", "retries", "retry-on"];
  const cases = [["trails", "trials"], ["t", "rate"], ["tiemout", "timeout"], ["retrys", "retries"], ["", "rate"]];
  for (const [typed, word] of cases) {
    assertEquals(nearest(typed, words), word);
    assertEquals(nearest(typed, words), closestString(typed, words), "as the standard library finds it");
  }
  assertEquals(nearest("anything", ["one"]), "one");
});
