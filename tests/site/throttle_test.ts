import { assertEquals } from "@std/assert";
import { Throttle } from "../../site/throttle.ts";

Deno.test("Throttle lets everyone in when nothing is limited", async () => {
  const throttle = new Throttle();
  for (let i = 0; i < 1_000; i++) assertEquals(await throttle.enter(), undefined);
});

Deno.test("Throttle refuses those above maxConcurrentRequests until someone leaves", async () => {
  const throttle = new Throttle({ maxConcurrentRequests: 2 });
  assertEquals(await throttle.enter(), undefined);
  assertEquals(await throttle.enter(), undefined);
  assertEquals(await throttle.enter(), { status: 503, retryAfter: 1 });
  throttle.leave();
  assertEquals(await throttle.enter(), undefined);
  assertEquals(await throttle.enter(), { status: 503, retryAfter: 1 });
});

Deno.test("Throttle lets those above maxConcurrentRequests wait in turn, if told to queue", async () => {
  const throttle = new Throttle({ maxConcurrentRequests: 1, whenFull: "queue" });
  await throttle.enter();
  const inside: number[] = [];
  const waiting = [1, 2, 3].map((i) => throttle.enter().then(() => inside.push(i)));
  for (const i of [1, 2, 3]) {
    throttle.leave();
    await waiting[i - 1];
    assertEquals(inside.at(-1), i);
  }
});

Deno.test("Throttle lets in a second's worth at once, then requestsPerSecond", async () => {
  let now = 0;
  const throttle = new Throttle({ requestsPerSecond: 4, now: () => now });
  const statuses = async (count: number) => {
    const refusals = [];
    for (let i = 0; i < count; i++) refusals.push((await throttle.enter())?.status ?? 200);
    return refusals;
  };
  assertEquals(await statuses(5), [200, 200, 200, 200, 429]);
  now = 250;
  assertEquals(await statuses(2), [200, 429]);
  now = 60_000;
  assertEquals(await statuses(5), [200, 200, 200, 200, 429]);
});

Deno.test("Throttle says when to come back", async () => {
  const throttle = new Throttle({ requestsPerSecond: 0.1, now: () => 0 });
  assertEquals(await throttle.enter(), undefined);
  assertEquals(await throttle.enter(), { status: 429, retryAfter: 10 });
});
