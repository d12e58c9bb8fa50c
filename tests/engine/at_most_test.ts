import { assertEquals, assertRejects } from "@std/assert";
import { atMost } from "../../lib/engine/at_most.ts";

Deno.test("atMost() waits for a promise that is kept in time", async () => {
  let kept = false;
  assertEquals(await atMost(60_000, Promise.resolve().then(() => kept = true)), true);
  assertEquals(kept, true);
});

Deno.test("atMost() doesn't wait for one that isn't", async () => {
  assertEquals(await atMost(1, new Promise(() => {})), false);
});

Deno.test("atMost() throws what breaks in time", async () => {
  await assertRejects(() => atMost(60_000, Promise.reject(new Error("broke"))), Error, "broke");
});
