import { assertEquals, assertNotEquals } from "@std/assert";
import { content, contentKey } from "../../site/content.ts";
import { chance, hash, mix } from "../../site/hash.ts";

Deno.test("content() gives the same bytes however they are cut", () => {
  const key = contentKey("7", 0);
  const whole = content(key, 0, 1_000);
  for (const [start, length] of [[0, 1], [1, 2], [3, 5], [4, 4], [997, 3], [500, 0], [13, 700]]) {
    assertEquals(content(key, start, length), whole.slice(start, start + length));
  }
});

Deno.test("content() is what its description says", () => {
  const bytes = content(hash("7:0"), 0, 8);
  const words = new DataView(bytes.buffer);
  assertEquals(words.getUint32(0, true), mix(hash("7:0")));
  assertEquals(words.getUint32(4, true), mix((hash("7:0") + 0x9e3779b9) >>> 0));
});

Deno.test("content() is the same beyond 2^30 bytes as counted from there", () => {
  const key = contentKey("7", 0);
  const last = 2 ** 30 - 4;
  const word = mix((key + Math.imul(last / 4, 0x9e3779b9)) >>> 0);
  assertEquals(new DataView(content(key, last, 4).buffer).getUint32(0, true), word);
});

Deno.test("content() differs by page and by seed", () => {
  const bodies = [["1", 0], ["2", 0], ["1", 1]].map(([n, seed]) =>
    content(contentKey(n as string, seed as number), 0, 32).toHex()
  );
  assertEquals(new Set(bodies).size, 3);
});

Deno.test("chance() spreads evenly and is the same again", () => {
  const below = Array.from({ length: 10_000 }, (_, i) => chance(`failure:0:${i}:1`)).filter((each) => each < 0.1);
  assertEquals(below.length > 900 && below.length < 1_100, true);
  assertEquals(chance("a"), chance("a"));
  assertNotEquals(chance("a"), chance("b"));
});
