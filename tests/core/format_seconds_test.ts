import { assertEquals } from "@std/assert";
import { formatSeconds } from "../../lib/core/format_seconds.ts";

const CASES: [number, string][] = [
  [0, "0 s"],
  [0.000_012_34, "0.0123 ms"],
  [0.35, "350 ms"],
  [0.9994, "999 ms"],
  [0.9996, "1 s"],
  [1.0049, "1 s"],
  [1.06, "1.06 s"],
  [100.21, "100 s"],
  [119.4, "119 s"],
  [119.6, "2 min"],
  [125, "2 min 5 s"],
  [3_599.6, "1 h"],
  [10_051, "2 h 48 min"],
  [3_700_000, "1,027 h 47 min"],
];

for (const [seconds, text] of CASES) {
  Deno.test(`formatSeconds() writes ${seconds} as ${text}`, () => assertEquals(formatSeconds(seconds), text));
}
