import { assertEquals } from "@std/assert";
import { ObjectIndex } from "../../lib/storage/object_index.ts";

Deno.test("ObjectIndex knows the sizes of many objects, and of no others", () => {
  const index = new ObjectIndex();
  for (let i = 0; i < 20_000; i++) index.add(`a/${i}`, i % 7 === 0 ? 0 : i * 2 ** 30);
  index.add("a/1", 5);
  assertEquals(index.count, 20_000);
  assertEquals([0, 1, 2, 7, 19_998].map((i) => index.sizeOf(`a/${i}`)), [0, 5, 2 ** 31, 0, 19_998 * 2 ** 30]);
  assertEquals(["a/20000", "a", ""].map((name) => index.sizeOf(name)), [undefined, undefined, undefined]);
});
