import { assertEquals } from "@std/assert";
import { RetryTimers } from "../../lib/engine/retry_timers.ts";

Deno.test("RetryTimers gives jobs back in the order in which they become due", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let due = 0;
  const timers = new RetryTimers<string>(() => ++due === 2 && resolve());
  timers.defer("late", 20);
  timers.defer("early", 0);
  assertEquals([timers.size, timers.takeDue()], [2, undefined]);
  await promise;
  assertEquals(timers.size, 2);
  assertEquals([timers.takeDue(), timers.takeDue(), timers.takeDue(), timers.size], ["early", "late", undefined, 0]);
});

Deno.test("RetryTimers lets go of all jobs, due or not, and leaves no timer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timers = new RetryTimers<string>(resolve);
  timers.defer("due", 0);
  timers.defer("deferred", 2 ** 30);
  await promise;
  assertEquals(timers.takeAll().sort(), ["deferred", "due"]);
  assertEquals([timers.size, timers.takeAll()], [0, []]);
});
