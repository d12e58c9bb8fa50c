import { assertEquals } from "@std/assert";
import { formatCount } from "../../lib/core/format_count.ts";

const CASES: [number, string][] = [
  [0, "0"],
  [0.04, "0"],
  [0.25, "0.3"],
  [9.96, "10"],
  [12.5, "13"],
  [999, "999"],
  [1_000, "1,000"],
  [12_345_678, "12,345,678"],
  [-1_234, "-1,234"],
];

for (const [count, text] of CASES) {
  Deno.test(`formatCount() writes ${count} as ${text}`, () => assertEquals(formatCount(count), text));
}
