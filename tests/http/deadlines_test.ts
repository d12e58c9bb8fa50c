import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { DeadlineError, type DeadlineLimits, Deadlines } from "../../lib/http/deadlines.ts";
import type { Watched } from "../../lib/http/watched.ts";

const LONG: DeadlineLimits = { connectTimeoutMs: 1e6, idleTimeoutMs: 1e6, timeoutMs: 1e6 };

/** The reason an attempt is aborted with. */
function aborted({ signal }: Watched): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

Deno.test("Deadlines abort an attempt whose headers don't come", async () => {
  const deadlines = new Deadlines({ ...LONG, connectTimeoutMs: 20 });
  const attempt = deadlines.start(0);
  const reason = await aborted(attempt);
  assertInstanceOf(reason, DeadlineError);
  assertEquals([reason.kind, reason.message], ["connect-timeout", "no response within 20 ms"]);
  assert(performance.now() - attempt.startedAt > 20, "never early");
  deadlines.end(attempt);
});

Deno.test("Deadlines abort an attempt whose body falls silent", async () => {
  const deadlines = new Deadlines({ ...LONG, idleTimeoutMs: 20 });
  const attempt = deadlines.start(0);
  attempt.lastDataAt = performance.now();
  const reason = await aborted(attempt);
  assertInstanceOf(reason, DeadlineError);
  assertEquals([reason.kind, reason.message], ["idle-timeout", "no data for 20 ms"]);
  deadlines.end(attempt);
});

Deno.test("Deadlines abort an attempt that takes too long although data comes", async () => {
  const deadlines = new Deadlines({ ...LONG, timeoutMs: 20 });
  const attempt = deadlines.start(0);
  const trickle = setInterval(() => attempt.lastDataAt = performance.now(), 1);
  const reason = await aborted(attempt);
  clearInterval(trickle);
  assertInstanceOf(reason, DeadlineError);
  assertEquals([reason.kind, reason.message], ["timeout", "not complete within 20 ms"]);
  deadlines.end(attempt);
});

Deno.test("Deadlines measure silence from the last chunk, not from the start", async () => {
  const deadlines = new Deadlines({ ...LONG, connectTimeoutMs: 20, idleTimeoutMs: 20 });
  const talking = deadlines.start(0);
  talking.lastDataAt = performance.now() + 1e6; // as if data came all the time
  const silent = deadlines.start(0);
  await aborted(silent);
  assertEquals(talking.signal.aborted, false);
  deadlines.end(talking);
  deadlines.end(silent);
});

Deno.test("Deadlines leave alone what has ended", async () => {
  const deadlines = new Deadlines({ ...LONG, connectTimeoutMs: 20 });
  const quick = deadlines.start(0);
  const slow = deadlines.start(0);
  deadlines.end(quick);
  await aborted(slow);
  assertEquals(quick.signal.aborted, false);
  deadlines.end(slow);
});

Deno.test("Deadlines abort an attempt once, with the first reason", async () => {
  const deadlines = new Deadlines({ ...LONG, connectTimeoutMs: 10, timeoutMs: 30 });
  const early = deadlines.start(0);
  const reason = await aborted(early);
  const later = deadlines.start(0);
  later.lastDataAt = performance.now();
  await aborted(later); // by now the first one is past its second deadline too
  assertStrictEquals(early.signal.reason, reason);
  deadlines.end(early);
  deadlines.end(later);
});

Deno.test("Deadlines keep one timer for any number of attempts, and none when there are no more", () => {
  // The sanitizer of timers fails this test if one is left.
  const deadlines = new Deadlines(LONG);
  const attempts = Array.from({ length: 1_000 }, () => deadlines.start(0));
  for (const attempt of attempts) deadlines.end(attempt);
  const again = deadlines.start(0);
  deadlines.end(again);
  deadlines.end(again);
});

Deno.test("abortAll() ends every attempt that is under watch, with the reason given", () => {
  const deadlines = new Deadlines(LONG);
  const attempts = [deadlines.start(0), deadlines.start(1), deadlines.start(2)];
  deadlines.end(attempts[0]);
  deadlines.abortAll("enough");
  assertEquals(attempts.map(({ signal }) => signal.reason), [undefined, "enough", "enough"]);
  for (const attempt of attempts) deadlines.end(attempt);
});

Deno.test("Deadlines without end never fire", async () => {
  const deadlines = new Deadlines({ connectTimeoutMs: Infinity, idleTimeoutMs: Infinity, timeoutMs: Infinity });
  const attempt = deadlines.start(0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(attempt.signal.aborted, false);
  deadlines.end(attempt);
});

Deno.test("Deadlines let an attempt that is paused take its time, and count from the beginning when it goes on", async () => {
  const deadlines = new Deadlines({ ...LONG, connectTimeoutMs: 20, timeoutMs: 20 });
  const [paused, other] = [deadlines.start(0), deadlines.start(1)];
  deadlines.pause(paused);
  await aborted(other);
  deadlines.end(other);
  assertEquals(paused.signal.aborted, false);
  const before = performance.now();
  deadlines.resume(paused);
  await aborted(paused);
  assert(performance.now() - before > 20, "never early");
  deadlines.end(paused);
});
