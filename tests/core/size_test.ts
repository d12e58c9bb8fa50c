import { assertEquals, assertThrows } from "@std/assert";
import { parseSize } from "../../lib/core/size.ts";

const read: [string, number][] = [
  ["0", 0],
  ["500", 500],
  ["500B", 500],
  ["500KB", 500_000],
  ["1.5kb", 1_500],
  ["10 MB", 10_000_000],
  [" 2GiB ", 2 * 2 ** 30],
  [".5MiB", 2 ** 19],
  ["3TB", 3e12],
  ["1KiB", 1_024],
];
for (const [text, bytes] of read) {
  Deno.test(`parseSize() reads "${text}" as ${bytes} bytes`, () => assertEquals(parseSize(text), bytes));
}

for (const text of ["", "MB", "-1MB", "1e3", "1,5MB", "10M", "1iB", "5PB", "NaN", "Infinity", "1.MB", "٣MB"]) {
  Deno.test(`parseSize() refuses "${text}"`, () => {
    assertThrows(() => parseSize(text), RangeError, "a size such as 500KB, 10MB or 2GiB (a plain number is bytes)");
  });
}
