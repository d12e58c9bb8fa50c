import { assertEquals, assertNotEquals } from "@std/assert";
import { fingerprint, FINGERPRINT_WORDS } from "../../lib/disk/fingerprint.ts";

function of(text: string): number[] {
  const words = new Uint32Array(FINGERPRINT_WORDS);
  fingerprint(text, words);
  return [...words];
}

Deno.test("fingerprint() is the same in every run and version, because journals keep it", () => {
  assertEquals(of(""), [0, 0, 0]);
  assertEquals(of("http://127.0.0.1:8000/1"), [725243346, 2325048029, 3727073878]);
});

Deno.test("fingerprint() tells apart texts that differ in one bit anywhere, in length, in order", () => {
  const text = "https://example.com/files/0001.bin?x=ä€😀";
  const seen = new Set<string>();
  for (let i = 0; i < text.length; i++) {
    for (let bit = 0; bit < 16; bit++) {
      const changed = String.fromCharCode(text.charCodeAt(i) ^ (1 << bit));
      seen.add(of(text.slice(0, i) + changed + text.slice(i + 1)).join());
    }
    seen.add(of(text.slice(0, i)).join());
    seen.add(of(text.slice(i) + "/" + text.slice(0, i)).join());
  }
  assertEquals(seen.size, text.length * 18);
  assertNotEquals(of("a"), of("a\0"));
});

Deno.test("fingerprint() spreads numbered URLs over every bit of every word", () => {
  const ones = new Array<number>(32 * FINGERPRINT_WORDS).fill(0);
  const urls = 20_000;
  const words = new Uint32Array(FINGERPRINT_WORDS);
  for (let i = 0; i < urls; i++) {
    fingerprint(`http://127.0.0.1:8000/${i}`, words);
    for (let bit = 0; bit < ones.length; bit++) ones[bit] += (words[bit >> 5] >>> (bit & 31)) & 1;
  }
  // Six standard deviations (half the square root of the count each): chance alone passes 1 time in 500 million.
  const far = ones.filter((count) => Math.abs(count - urls / 2) > 6 * Math.sqrt(urls) / 2);
  assertEquals(far, []);
});
