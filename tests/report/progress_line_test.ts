import { assert, assertEquals } from "@std/assert";
import { progressBar, type ProgressFacts, progressText } from "../../lib/report/progress_line.ts";

const HALFWAY: ProgressFacts = {
  ...{ asked: 10_000, done: 4_498, skipped: 0, failed: 2, inFlight: 5_500, parts: 0 },
  ...{ perSecond: 2_410, wholePerSecond: 2_410 },
};

/** One file of 10 GB of which a third has come. */
const LARGE: ProgressFacts = {
  ...{ asked: 1, done: 0, skipped: 0, failed: 0, inFlight: 1, parts: 1 / 3, perSecond: 0, wholePerSecond: 0.01 },
  ...{ bytes: 3.33e9, bytesPerSecond: 1e8, elapsedSeconds: 33.3 },
};

Deno.test("progressText() says all there is to say", () => {
  assertEquals(progressText(HALFWAY), "45%, 4,498/10,000, 3s left, 2,410/s, 5,500 in flight, 2 failed");
});

Deno.test("progressText() leaves out share and remaining time where the number of URLs isn't known", () => {
  assertEquals(progressText({ ...HALFWAY, asked: undefined }), "4,498 done, 2,410/s, 5,500 in flight, 2 failed");
});

Deno.test("progressText() guesses no remaining time before anything has ended, nor after everything has", () => {
  assertEquals(
    progressText({ ...HALFWAY, done: 0, failed: 0, perSecond: 0, wholePerSecond: 0 }),
    "0%, 0/10,000, 0/s, 5,500 in flight, 0 failed",
  );
  assertEquals(
    progressText({ ...HALFWAY, done: 9_998, inFlight: 0 }),
    "100%, 9,998/10,000, 2,410/s, 0 in flight, 2 failed",
  );
});

const REMAINING: [number, string][] = [[0.2, "1s"], [59, "59s"], [60, "1m 0s"], [185, "3m 5s"], [3_600, "1h 0m"], [
  7_201,
  "2h 1m",
]];

for (const [seconds, text] of REMAINING) {
  Deno.test(`progressText() writes a remaining time of ${seconds} s as ${text}`, () => {
    const line = progressText({ ...HALFWAY, done: 0, failed: 0, asked: seconds, wholePerSecond: 1 });
    assertEquals(line.split(", ").find((field) => field.endsWith("left")), `${text} left`);
  });
}

Deno.test("progressText() takes a run of nothing for done", () => {
  assertEquals(
    progressText({ ...HALFWAY, done: 0, failed: 0, asked: 0, inFlight: 0, perSecond: 0, wholePerSecond: 0 }),
    "100%, 0/0, 0/s, 0 in flight, 0 failed",
  );
});

Deno.test("progressBar() draws a bar in the room that the facts leave", () => {
  assertEquals(
    progressBar(HALFWAY, { width: 80 }),
    "██████░░░░░░░░   45%   4,498/10,000  3s left  2,410/s  5,500 in flight  2 failed",
  );
});

Deno.test("progressBar() never draws a longer bar than the eye needs", () => {
  const line = progressBar(HALFWAY, { width: 300 });
  assertEquals(line.match(/[█░]+/)?.[0].length, 40);
});

Deno.test("progressBar() leaves out what matters least when there is no room: failures stay longest", () => {
  assertEquals(progressBar(HALFWAY, { width: 40 }), " 45%   4,498/10,000  3s left  2 failed");
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

Deno.test("progressText() says of a list how much has come, how fast, and how long it took", () => {
  const line = progressText({
    ...HALFWAY,
    asked: undefined,
    bytes: 97_600_000,
    bytesPerSecond: 5.13e7,
    elapsedSeconds: 3,
  });
  assertEquals(line, "4,498 done, 2,410/s, 97.6 MB, 51.3 MB/s, 5,500 in flight, 2 failed, 3s elapsed");
});

Deno.test("progressText() takes for done what is done, and not what failed or was skipped", () => {
  assertEquals(
    progressText({ ...HALFWAY, done: 3, skipped: 5_000, failed: 40, wholePerSecond: 0 }),
    "50%, 3/10,000, 2,410/s, 5,500 in flight, 5,000 skipped, 40 failed",
  );
});

Deno.test("progressText() says how far a single large file is", () => {
  assertEquals(progressText(LARGE), "33%, 0/1, 1m 7s left, 0/s, 3.3 GB, 100 MB/s, 1 in flight, 0 failed, 34s elapsed");
  assertEquals(
    progressText({ ...LARGE, asked: undefined }),
    "0 done, 0/s, 3.3 GB, 100 MB/s, 1 in flight (33%), 0 failed, 34s elapsed",
  );
});

Deno.test("progressBar() shows of a large file how far it is and how fast in 40 columns, too", () => {
  assertEquals(progressBar(LARGE, { width: 40 }), " 33%  0/1  1m 7s left  3.3 GB  100 MB/s");
  assertEquals(
    progressBar({ ...LARGE, asked: 2, failed: 1 }, { width: 40 }),
    " 66%  0/2  3.3 GB  100 MB/s  1 failed",
  );
});
