import { assertEquals, assertRejects } from "@std/assert";
import { UploadSlots } from "../../lib/storage/upload_slots.ts";

/** Lets what waits for no more than microtasks happen. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("UploadSlots bounds requests and bytes, first come, first served", async () => {
  const slots = new UploadSlots({ requests: 3, bytes: 10 });
  const had: string[] = [];
  const acquire = async (name: string, bytes: number) => {
    const place = await slots.acquire(bytes);
    had.push(name);
    return place;
  };
  const first = await acquire("a", 6);
  const waiting = [acquire("b", 5), acquire("c", 1), acquire("d", 1), acquire("e", 1)];
  await settled();
  assertEquals(had, ["a"]);
  first[Symbol.dispose]();
  await settled();
  assertEquals(had, ["a", "b", "c", "d"]);
  (await waiting[1])[Symbol.dispose]();
  (await waiting[3])[Symbol.dispose]();
  assertEquals(had, ["a", "b", "c", "d", "e"]);
});

Deno.test("UploadSlots lets one alone have more bytes than there are", async () => {
  const slots = new UploadSlots({ requests: 3, bytes: 10 });
  const large = await slots.acquire(100);
  const next = slots.acquire(0);
  await settled();
  large[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

Deno.test("UploadSlots gives up waiting when its signal is aborted, and holds up nobody then", async () => {
  const slots = new UploadSlots({ requests: 2, bytes: 10 });
  const place = await slots.acquire(9);
  const aborter = new AbortController();
  const large = slots.acquire(5, aborter.signal);
  const small = slots.acquire(1);
  aborter.abort(new Error("enough"));
  await assertRejects(() => large, Error, "enough");
  await small;
  await assertRejects(() => slots.acquire(1, aborter.signal), Error, "enough");
  place[Symbol.dispose]();
});
