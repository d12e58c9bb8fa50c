import { assert, assertEquals, assertRejects } from "@std/assert";
import { inPartitions } from "../../lib/cluster/in_partitions.ts";

Deno.test("partitions are read a few at the same time, each in its order, and all of them", async () => {
  let reading = 0;
  let most = 0;
  const all = await Array.fromAsync(inPartitions(20, async function* (partition) {
    most = Math.max(most, ++reading);
    for (let at = 0; at < partition % 4; at++) {
      await Promise.resolve();
      yield [partition, at];
    }
    reading--;
  }));
  assertEquals(most, 8);
  for (let partition = 0; partition < 20; partition++) {
    const read = all.filter(([of]) => of === partition).map(([, at]) => at);
    assertEquals(read, Array.from({ length: partition % 4 }, (_, at) => at));
  }
  assertEquals(await Array.fromAsync(inPartitions(1, async function* () {})), []);
});

Deno.test("what reading a partition throws ends reading the others", async () => {
  let begun = 0;
  const failing = inPartitions(1_000, async function* (partition) {
    begun++;
    await Promise.resolve();
    if (partition === 3) throw new Error("partition 3");
    yield partition;
  });
  await assertRejects(() => Array.fromAsync(failing), Error, "partition 3");
  assert(begun < 50, `${begun} were begun`);
});
