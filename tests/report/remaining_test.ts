import { assertEquals, assertRejects } from "@std/assert";
import { Remaining } from "../../lib/report/remaining.ts";

/** Takes so many batches from a source, as a queue does. */
async function pull({ source }: Remaining, batches: number): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  for (let i = 0; i < batches; i++) await iterator.next();
}

/** What is left, and whether that is all. */
async function left(remaining: Remaining, patience = {}): Promise<[urls: string[], isAll: boolean]> {
  const urls: string[] = [];
  const iterator = remaining.left(patience);
  let each = await iterator.next();
  for (; !each.done; each = await iterator.next()) urls.push(...each.value.map(({ url }) => url));
  return [urls, each.value];
}

Deno.test("Remaining knows what was pulled and not settled, and what was never pulled, in order", async () => {
  for (const source of [["a", ["b", { url: "c" }], "d", ["e", "f"]], streamOf(["a", ["b", "c"], "d", ["e", "f"]])]) {
    const remaining = new Remaining(source);
    await pull(remaining, 3);
    for (const id of [0, 2]) remaining.settle(id);
    assertEquals(await left(remaining), [["b", "d", "e", "f"], true]);
    assertEquals(await left(remaining), [[], true]);
  }
});

async function* streamOf<T>(items: T[]): AsyncGenerator<T, void> {
  for (const item of items) yield await Promise.resolve(item);
}

Deno.test("Remaining reads a source of a million on as it is asked, and closes it", async () => {
  let made = 0;
  let closed = false;
  function* many() {
    try {
      while (made < 1_000_000) yield [String(made++), String(made++)];
    } finally {
      closed = true;
    }
  }
  const remaining = new Remaining(many());
  await pull(remaining, 1);
  let count = 0;
  for await (const batch of remaining.left()) if ((count += batch.length) === 10) assertEquals(made, 10);
  assertEquals([count, closed], [1_000_000, true]);
});

Deno.test("Remaining keeps what a source gives after nobody wants it any more", async () => {
  const given = Promise.withResolvers<string>();
  async function* late() {
    yield "a";
    yield await given.promise;
  }
  const remaining = new Remaining(late());
  await pull(remaining, 1);
  const wanted = pull(remaining, 1);
  const rest = left(remaining);
  given.resolve("b");
  assertEquals(await rest, [["a", "b"], true]);
  await wanted;
});

Deno.test("Remaining doesn't wait for ever, and says that it hasn't all", async () => {
  async function* stuck() {
    yield "a";
    await new Promise(() => {});
  }
  async function* endless() {
    for (let i = 0;; i++) yield await Promise.resolve(String(i));
  }
  assertEquals(await left(new Remaining(stuck()), { idleMs: 1 }), [["a"], false]);
  const [urls, isAll] = await left(new Remaining(endless()), { totalMs: 5 });
  assertEquals([urls[0], isAll], ["0", false]);
});

Deno.test("Remaining gives all that it has before it says that the source broke", async () => {
  async function* broken() {
    yield await Promise.resolve("a");
    throw new Error("broken");
  }
  function* brokenAtOnce() {
    yield "a";
    throw new Error("broken");
  }
  for (const source of [broken(), brokenAtOnce()]) {
    const got: string[] = [];
    const remaining = new Remaining(source);
    await assertRejects(
      async () => {
        for await (const batch of remaining.left()) got.push(...batch.map(({ url }) => url));
      },
      Error,
      "broken",
    );
    assertEquals(got, ["a"]);
  }
});
