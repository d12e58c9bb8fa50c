import { assertEquals } from "@std/assert";
import type { RunFacts, Span } from "../../../tasks/race_web/events.ts";
import { Recording } from "../../../tasks/race_web/page/recording.ts";

const [DONE, FAILED, OPEN] = [0, 1, 2];

const FACTS: RunFacts = { asked: 4, done: 2, failed: 1, seconds: 0.05, stopped: true, mostInFlight: 3 };

Deno.test("a recording says what was in flight, had arrived or had failed at any moment", () => {
  const recording = new Recording();
  const spans: Span[] = [[10, 40, FAILED, 1], [0, 20, DONE, 0], [20, 30, DONE, 2], [25, 50, OPEN, 3]];
  recording.end(spans, FACTS);
  const moments = [-1, 0, 10, 20, 29, 30, 40, 50].map((ms) => {
    const { asked, arrived, failed, inFlight } = recording.at(ms);
    return [asked, arrived, failed, inFlight];
  });
  assertEquals(moments, [
    [0, 0, 0, 0],
    [1, 0, 0, 1],
    [2, 0, 0, 2],
    [3, 1, 0, 2],
    [4, 1, 0, 3],
    [4, 2, 0, 2],
    [4, 2, 1, 1],
    [4, 2, 1, 1], // what was in flight when it was stopped has never ended
  ]);
  assertEquals(recording.endMs, 50);
});

Deno.test("a recording that goes on knows of one request in flight: the one that follows the last that ended", () => {
  const recording = new Recording();
  recording.add([], 1);
  assertEquals([recording.openSinceMs, recording.at(5).inFlight], [0, 1]);
  recording.add([[0, 10, DONE, 0]], 1);
  assertEquals([recording.openSinceMs, recording.at(5).inFlight, recording.at(10).inFlight], [10, 1, 1]);
  recording.add([[10, 20, DONE, 1]], 0);
  assertEquals([recording.openSinceMs, recording.at(20).inFlight, recording.at(20).arrived], [undefined, 0, 2]);
});

Deno.test("a recording changes its version with what is recorded, and with nothing else", () => {
  const recording = new Recording();
  recording.add([], 1);
  const before = recording.version;
  recording.add([], 1);
  assertEquals(recording.version, before);
  recording.add([[0, 10, DONE, 0]], 1);
  assertEquals(recording.version > before, true);
});

Deno.test("a recording lists requests in the order in which they were sent, and those that ended in theirs", () => {
  const recording = new Recording();
  recording.end([[5, 9, DONE, 1], [0, 20, FAILED, 0], [1, 7, OPEN, 2]], FACTS);
  assertEquals(recording.spans.map(([, , , page]) => page), [0, 2, 1]);
  assertEquals(recording.ended.map(([, , , page]) => page), [1, 0]);
});
