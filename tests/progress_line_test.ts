import { assert, assertEquals } from "@std/assert";
import { progressBar, type ProgressFacts, progressText } from "../lib/progress_line.ts";

const HALFWAY: ProgressFacts = { ended: 4_500, asked: 10_000, perSecond: 2_410, inFlight: 5_500, failed: 2 };

Deno.test("progressText() says all there is to say", () => {
  assertEquals(progressText(HALFWAY), "45%, 4,500/10,000, 3s left, 2,410/s, 5,500 in flight, 2 failed");
});

Deno.test("progressText() leaves out share and remaining time where the number of URLs isn't known", () => {
  assertEquals(progressText({ ...HALFWAY, asked: undefined }), "4,500 done, 2,410/s, 5,500 in flight, 2 failed");
});

Deno.test("progressText() guesses no remaining time before anything has ended, nor after everything has", () => {
  assertEquals(
    progressText({ ...HALFWAY, ended: 0, perSecond: 0 }),
    "0%, 0/10,000, 0/s, 5,500 in flight, 2 failed",
  );
  assertEquals(
    progressText({ ...HALFWAY, ended: 10_000, inFlight: 0 }),
    "100%, 10,000/10,000, 2,410/s, 0 in flight, 2 failed",
  );
});

const REMAINING: [number, string][] = [[0.2, "1s"], [59, "59s"], [60, "1m 0s"], [185, "3m 5s"], [3_600, "1h 0m"], [
  7_201,
  "2h 1m",
]];

for (const [seconds, text] of REMAINING) {
  Deno.test(`progressText() writes a remaining time of ${seconds} s as ${text}`, () => {
    const line = progressText({ ended: 0, asked: seconds, perSecond: 1, inFlight: 1, failed: 0 });
    assertEquals(line.split(", ").find((field) => field.endsWith("left")), `${text} left`);
  });
}

Deno.test("progressText() takes a run of nothing for done", () => {
  assertEquals(
    progressText({ ended: 0, asked: 0, perSecond: 0, inFlight: 0, failed: 0 }),
    "100%, 0/0, 0/s, 0 in flight, 0 failed",
  );
});

Deno.test("progressBar() draws a bar in the room that the facts leave", () => {
  assertEquals(
    progressBar(HALFWAY, { width: 80 }),
    "██████░░░░░░░░   45%   4,500/10,000  3s left  2,410/s  5,500 in flight  2 failed",
  );
});

Deno.test("progressBar() never draws a longer bar than the eye needs", () => {
  const line = progressBar(HALFWAY, { width: 300 });
  assertEquals(line.match(/[█░]+/)?.[0].length, 40);
});

Deno.test("progressBar() leaves out what matters least when there is no room: failures stay longest", () => {
  assertEquals(progressBar(HALFWAY, { width: 40 }), " 45%   4,500/10,000  3s left  2 failed");
  assertEquals(progressBar(HALFWAY, { width: 20 }), " 45%  2 failed");
  assertEquals(progressBar(HALFWAY, { width: 4 }), " 45%");
});

Deno.test("progressBar() puts a title in front", () => {
  assert(progressBar(HALFWAY, { width: 80, title: "simple   " }).startsWith("simple     "));
});

Deno.test("progressBar() is never longer than its width", () => {
  for (let width = 1; width <= 200; width++) {
    assert(progressBar(HALFWAY, { width, title: "optimized" }).length <= width, `at ${width} columns`);
  }
});
