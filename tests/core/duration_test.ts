import { assertEquals, assertThrows } from "@std/assert";
import { formatDuration, parseDuration } from "../../lib/core/duration.ts";

const read: [string, number][] = [
  ["250ms", 250],
  ["1.5s", 1_500],
  ["2m", 120_000],
  ["1h", 3_600_000],
  [".5s", 500],
  ["0", 0],
  [" 7s ", 7_000],
];
for (const [text, ms] of read) {
  Deno.test(`parseDuration() reads "${text}" as ${ms} milliseconds`, () => assertEquals(parseDuration(text), ms));
}

Deno.test("parseDuration() takes a plain number as milliseconds", () => {
  assertEquals([parseDuration("1000"), parseDuration("0.5")], [1_000, 0.5]);
});

for (const text of ["", "s", "-1s", "1 s", "1d", "1e3", "1,5s", "5s3", "1.s", "NaN", "Infinity", "٣s"]) {
  Deno.test(`parseDuration() refuses "${text}"`, () => {
    assertThrows(() => parseDuration(text), RangeError, `"${text}" is not a duration such as 250ms, 1.5s or 2m`);
  });
}

const written: [number, string][] = [
  [0, "0ms"],
  [0.4, "0ms"],
  [12, "12ms"],
  [999.4, "999ms"],
  [999.6, "1s"],
  [1_000, "1s"],
  [1_060, "1.06s"],
  [1_500, "1.5s"],
  [60_000, "60s"],
  [100_000, "100s"],
  [100_210, "100.21s"],
  [120_000, "2m"],
  [1_200_000, "20m"],
  [1_200_001, "1200s"],
];
for (const [ms, text] of written) {
  Deno.test(`formatDuration() writes ${ms} milliseconds as ${text}`, () => assertEquals(formatDuration(ms), text));
}

Deno.test("parseDuration() reads what formatDuration() writes of whole units", () => {
  for (const ms of [0, 1, 999, 1_000, 1_250, 30_000, 90_000, 120_000, 1_200_000]) {
    assertEquals(parseDuration(formatDuration(ms)), ms);
  }
});
