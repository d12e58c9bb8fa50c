import { assert, assertEquals } from "@std/assert";
import { Feed, type Feeding } from "../../lib/cluster/feed.ts";
import type { SharedDownload } from "../../lib/core/shared_run.ts";

/** A partition with so many downloads. */
function partitionOf(partition: number, left: number) {
  return {
    given: 0,
    left,
    take(most: number): SharedDownload[] {
      const count = Math.min(most, this.left);
      this.left -= count;
      this.given += count;
      return Array.from({ length: count }, () => ({ url: "http://a.example/", partition }));
    },
  };
}

const isOpen = async (promise: Promise<unknown>) => {
  const open = Symbol();
  return await Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(open), 0))]) === open;
};

/** Pulls until nothing comes any more; the last pull stays open. */
async function pullAll(feed: Feed): Promise<{ pulled: SharedDownload[]; pulling: Promise<unknown> }> {
  const pulled: SharedDownload[] = [];
  while (true) {
    const pulling = feed.next();
    if (await isOpen(pulling)) return { pulled, pulling };
    const { value } = await pulling;
    assert(value && value.length <= 256);
    pulled.push(...value);
  }
}

Deno.test("Feed gives each of many partitions only so many at once, whatever they have, and more as those end", async () => {
  const partitions = new Set(Array.from({ length: 100 }, (_, at) => partitionOf(at, 1_000_000)));
  const feed = new Feed(() => partitions);
  const { pulled, pulling } = await pullAll(feed);
  assertEquals(pulled.length, 9_000);
  assertEquals(new Set([...partitions].map(({ given }) => given)), new Set([90]));
  const [one] = partitions;
  one.given -= 10;
  feed.wake();
  const { value } = await pulling as IteratorResult<SharedDownload[]>;
  assertEquals([value.length, value[0].partition], [10, 0]);
});

Deno.test("Feed gives partitions turns, so that a large one doesn't keep the others waiting", async () => {
  const partitions = new Set([partitionOf(0, 1_000_000), partitionOf(1, 20), partitionOf(2, 20)]);
  const { value = [] } = await new Feed(() => partitions).next();
  assertEquals(new Set(value.map(({ partition }) => partition)), new Set([0, 1, 2]));
});

Deno.test("Feed waits for what there isn't yet, and ends when it is ended", async () => {
  const partitions = new Set<Feeding>();
  const feed = new Feed(() => partitions);
  const first = feed.next();
  assert(await isOpen(first));
  partitions.add(partitionOf(3, 1));
  feed.wake();
  assertEquals((await first).value?.length, 1);
  const second = feed.next();
  assert(await isOpen(second));
  feed.end();
  assertEquals([await second, await feed.next()], [{ done: true, value: undefined }, { done: true, value: undefined }]);
});
