import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { DelayQueue } from "../../site/delay_queue.ts";

Deno.test("DelayQueue lets nobody go before the delay has passed", async () => {
  const queue = new DelayQueue(20);
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    for (let turn = 0; turn < i; turn++) await Promise.resolve();
    const start = performance.now();
    await queue.wait();
    assertGreaterOrEqual(performance.now() - start, 20);
  }));
});

Deno.test("DelayQueue lets go in the order of arrival, also those who come while others wait", async () => {
  const queue = new DelayQueue(10);
  const gone: number[] = [];
  const all: Promise<unknown>[] = [];
  const arrive = (i: number) => all.push(queue.wait().then(() => gone.push(i)));
  for (let i = 0; i < 1_000; i++) arrive(i);
  await queue.wait();
  for (let i = 1_000; i < 1_500; i++) arrive(i);
  await new DelayQueue(5).wait();
  for (let i = 1_500; i < 2_000; i++) arrive(i);
  await Promise.all(all);
  assertEquals(gone, Array.from({ length: 2_000 }, (_, i) => i));
});

Deno.test("DelayQueue starts again after it was empty", async () => {
  const queue = new DelayQueue(1);
  for (let i = 0; i < 3; i++) assert(await queue.wait() === undefined);
});
