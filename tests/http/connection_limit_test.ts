import { assert, assertEquals } from "@std/assert";
import { ConnectionLimit } from "../../lib/http/connection_limit.ts";

function setUp(limits: { inFlight: number; idle: number }) {
  const t = { closings: 0, limit: new ConnectionLimit(limits, () => t.closings++) };
  return t;
}

async function isOpen(promise: unknown): Promise<boolean> {
  if (!(promise instanceof Promise)) return false;
  let open = true;
  promise.then(() => open = false);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return open;
}

Deno.test("ConnectionLimit has no more in flight than it may, and the next goes as soon as one ends", async () => {
  const { limit } = setUp({ inFlight: 2, idle: 9 });
  const first = await limit.acquire("http://a/1");
  await limit.acquire("http://b/2");
  const third = limit.acquire("http://c/3");
  const fourth = limit.acquire("http://d/4");
  assert(await isOpen(third));
  limit.release(first);
  limit.release(await third);
  await fourth;
  assert(await isOpen(limit.acquire("http://e/5")));
});

Deno.test("ConnectionLimit closes connections once hosts may have left more behind than there may be", async () => {
  const t = setUp({ inFlight: 9, idle: 3 });
  for (const host of ["a", "b", "c"]) t.limit.release(await t.limit.acquire(`http://${host}/`));
  assertEquals(t.closings, 0);
  t.limit.release(await t.limit.acquire("http://d/"));
  assertEquals(t.closings, 1);
  for (const host of ["a", "b", "c"]) t.limit.release(await t.limit.acquire(`http://${host}/`));
  assertEquals(t.closings, 1, "and counts from none again");
});

Deno.test("ConnectionLimit knows that a host's next request takes the connection that its last one left", async () => {
  const t = setUp({ inFlight: 9, idle: 2 });
  for (let n = 0; n < 100; n++) t.limit.release(await t.limit.acquire(`http://a/${n}`));
  const two = [await t.limit.acquire("http://a?x"), await t.limit.acquire("http://a/y")];
  for (const each of two) t.limit.release(each);
  assertEquals(t.closings, 0);
});

Deno.test("ConnectionLimit doesn't count what is closed as soon as its request ends", async () => {
  const t = setUp({ inFlight: 9, idle: 1 });
  const slow = [await t.limit.acquire("http://slow/1"), await t.limit.acquire("http://slow/2")];
  for (const host of ["a", "b"]) t.limit.release(await t.limit.acquire(`http://${host}/`));
  assertEquals(t.closings, 1);
  for (const each of slow) t.limit.release(each);
  assertEquals(t.closings, 1);
});
