import { assertEquals } from "@std/assert";
import { UrlTable } from "../../lib/disk/url_table.ts";

Deno.test("UrlTable.mark() returns what was known before, and adds to it", () => {
  const table = new UrlTable();
  assertEquals(table.get("http://a/"), 0);
  assertEquals(table.mark("http://a/", 1), 0);
  assertEquals(table.mark("http://a/", 4), 1);
  assertEquals(table.get("http://a/"), 5);
  assertEquals(table.get("http://a"), 0);
  assertEquals(table.size, 1);
});

Deno.test("UrlTable.put() replaces bits but those it is told to keep", () => {
  const table = new UrlTable();
  const words = Uint32Array.of(1 << 24, 0, 0);
  assertEquals(table.put(words, 0b0110), 0);
  assertEquals(table.put(words, 0b1000, 0b0010), 0b0110);
  assertEquals(table.put(words, 1), 0b1010);
  assertEquals(table.size, 1);
});

Deno.test("UrlTable tells half a million URLs apart while it grows, and loses none", () => {
  const table = new UrlTable();
  const urls = 500_000;
  let taken = 0;
  for (let i = 0; i < urls; i++) if (table.mark(`https://example.com/${i}.bin`, 1 + i % 65_535) !== 0) taken++;
  assertEquals(taken, 0);
  assertEquals(table.size, urls);
  let wrong = 0;
  for (let i = 0; i < urls; i++) if (table.get(`https://example.com/${i}.bin`) !== 1 + i % 65_535) wrong++;
  for (let i = 0; i < urls; i++) if (table.get(`https://example.com/${i}.txt`) !== 0) wrong++;
  assertEquals(wrong, 0);
});

Deno.test("UrlTable tells apart fingerprints that begin at the same and at the last slot", () => {
  const table = new UrlTable();
  for (let i = 0; i < 50; i++) {
    assertEquals(table.put(Uint32Array.of(0, 0xffffffff, i), 1), 0);
    assertEquals(table.put(Uint32Array.of(0, 0xfffffffe, i), 1), 0);
  }
  for (let i = 0; i < 50; i++) {
    assertEquals(table.put(Uint32Array.of(0, 0xffffffff, i), 1), 1);
    assertEquals(table.put(Uint32Array.of(0, 0xfffffffe, i), 1), 1);
  }
  assertEquals(table.size, 100);
});
