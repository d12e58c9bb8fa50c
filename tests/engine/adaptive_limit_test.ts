import { assert, assertEquals, assertThrows } from "@std/assert";
import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import { AdaptiveLimit, QUEUEING_MS, STARTS_PER_TURN } from "../../lib/engine/adaptive_limit.ts";

const URLS = { fast: "http://fast/1", slow: "http://slow/1", silent: "http://silent/1" };

/** Whether a promise resolves within some turns of the event loop. */
async function resolves(promise: Promise<void> | undefined): Promise<boolean> {
  let resolved = promise === undefined;
  promise?.then(() => resolved = true);
  for (let turns = 0; turns < 5 && !resolved; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
  return resolved;
}

/** A limit, and the slots that were acquired from it. */
class Slots {
  readonly limit = new AdaptiveLimit();
  #next = 0;

  /** Acquires a slot and begins a request in it; says which slot it is and what to wait for before the next. */
  begin(url: string): { slot: number; room: Promise<void> | undefined } {
    const slot = this.#next++;
    const room = this.limit.acquire();
    this.limit.begin(slot, url, slot);
    return { slot, room };
  }

  /** Begins so many requests, whatever there is to wait for, and says in which slots. */
  fill(count: number, url: string): number[] {
    return Array.from({ length: count }, () => this.begin(url).slot);
  }

  /** Begins requests until there is no room, or so many, and says in which slots. */
  async beginAll(url: string, most = 1_000): Promise<number[]> {
    const slots: number[] = [];
    while (slots.length < most) {
      const { slot, room } = this.begin(url);
      slots.push(slot);
      if (!await resolves(room)) break;
    }
    return slots;
  }

  /** Answers one request after another in a slot. */
  answer(slot: number, url: string, ms: number, times = 1) {
    for (let n = 0; n < times; n++) {
      this.limit.end(slot, ms);
      this.limit.begin(slot, url, slot);
    }
  }
}

Deno.test("AdaptiveLimit starts as many requests in a turn as it is told", async () => {
  const limit = new AdaptiveLimit({ startsPerTurn: 1_000 });
  const waited: number[] = [];
  for (let slot = 0; slot < 3_000; slot++) {
    const room = limit.acquire();
    limit.begin(slot, URLS.fast, slot);
    if (room) waited.push(slot + 1);
    await room;
  }
  assertEquals(waited, [8, 16, 32, 64, 128, 256, 512, 1_000, 2_000, 3_000]);
});

Deno.test("AdaptiveLimit gives the event loop turns after 8, 16, 32, ... slots and then after each turn's worth of them", async () => {
  const slots = new Slots();
  const pauses: number[] = [];
  for (let opened = 1; opened <= 3 * STARTS_PER_TURN; opened++) {
    const { room } = slots.begin(URLS.fast);
    if (room) pauses.push(opened);
    await room;
  }
  assertEquals(pauses, [8, 16, 32, 64, ...[1, 2, 3].map((turns) => turns * STARTS_PER_TURN)]);
});

Deno.test("AdaptiveLimit bounds nothing while no answer has come, as from a website that takes a second", async () => {
  const slots = new Slots();
  assertEquals((await slots.beginAll(URLS.slow)).length, 1_000);
});

Deno.test("AdaptiveLimit lets a turn's worth of requests begin before answers show how a server takes them", async () => {
  const slots = new Slots();
  slots.answer(slots.begin(URLS.fast).slot, URLS.fast, 10);
  assertEquals((await slots.beginAll(URLS.fast)).length, STARTS_PER_TURN - 1);
});

Deno.test("AdaptiveLimit grows by one slot for every answer once they come", async () => {
  const slots = new Slots();
  const [first] = slots.fill(STARTS_PER_TURN - 1, URLS.fast);
  slots.answer(first, URLS.fast, 10);
  const { room } = slots.begin(URLS.fast);
  assertEquals(await resolves(room), false);
  slots.answer(first, URLS.fast, 10, STARTS_PER_TURN);
  assert(await resolves(room));
  assertEquals((await slots.beginAll(URLS.fast)).length, STARTS_PER_TURN, "those answers are spent");
});

Deno.test("AdaptiveLimit is full while answers take much longer than the fastest did, and no longer", async () => {
  const slots = new Slots();
  const [first] = slots.fill(STARTS_PER_TURN - 1, URLS.fast);
  slots.answer(first, URLS.fast, 10);
  slots.answer(first, URLS.fast, 100 + QUEUEING_MS, STARTS_PER_TURN);
  assert(slots.limit.full);
  const { room } = slots.begin(URLS.fast);
  assertEquals(await resolves(room), false);
  slots.answer(first, URLS.fast, 10, STARTS_PER_TURN);
  assertEquals(slots.limit.full, false);
  assert(await resolves(room));
});

Deno.test("AdaptiveLimit learns nothing from an attempt that had no answer", async () => {
  const slots = new Slots();
  const [first] = slots.fill(1, URLS.silent);
  for (let n = 0; n < 100; n++) {
    assert(slots.limit.end(first));
    slots.limit.begin(first, URLS.silent, first);
  }
  assertEquals(slots.limit.full, false);
  assertEquals((await slots.beginAll(URLS.silent, 300)).length, 300);
});

Deno.test("AdaptiveLimit keeps what was in flight before the first answer, as it has shown that it can be", async () => {
  const slots = new Slots();
  const [first, ...others] = slots.fill(1_000, URLS.slow);
  slots.answer(first, URLS.slow, 1_000);
  assert(others.every((slot) => slots.limit.end(slot)), "each slot stays");
  assertEquals(await resolves(slots.begin(URLS.slow).room), false);
});

Deno.test("AdaptiveLimit takes waiting for no reason to grow freely, once answers come", async () => {
  const slots = new Slots();
  const [first] = slots.fill(STARTS_PER_TURN - 1, URLS.slow);
  slots.answer(first, URLS.slow, 1_000);
  const { room } = slots.begin(URLS.slow);
  assertEquals(await resolves(room), false, "one answer is not enough for a turn's worth of slots");
  slots.answer(first, URLS.slow, 1_200, STARTS_PER_TURN);
  assert(await resolves(room), "these didn't wait in a queue");
  slots.answer(first, URLS.slow, 1_500, STARTS_PER_TURN);
  assert(slots.limit.full);
});

Deno.test("AdaptiveLimit doesn't count requests to hosts that have never answered", async () => {
  const slots = new Slots();
  slots.answer(slots.begin(URLS.fast).slot, URLS.fast, 1);
  assertEquals((await slots.beginAll(URLS.silent)).length, 1_000);
  assertEquals((await slots.beginAll(URLS.fast)).length, STARTS_PER_TURN - 1);
});

Deno.test("AdaptiveLimit doesn't count requests that have stalled, until they end", async () => {
  const slots = new Slots();
  const [first, ...others] = slots.fill(STARTS_PER_TURN, URLS.fast);
  slots.answer(first, URLS.fast, 1);
  slots.limit.stall([...others, 12_345]);
  slots.limit.stall(others); // known already
  const more = await slots.beginAll(URLS.fast);
  assertEquals(more.length, STARTS_PER_TURN - 1);
  const kept = others.map((slot) => slots.limit.end(slot, 500));
  assertEquals(kept, others.map(() => false), "they would be too many beside those that took their places");
});

Deno.test("AdaptiveLimit counts a stalled request to a host that never answered once, not twice", async () => {
  const slots = new Slots();
  const stalled = slots.fill(STARTS_PER_TURN, URLS.silent);
  slots.limit.stall(stalled);
  slots.answer(slots.begin(URLS.fast).slot, URLS.fast, 1);
  for (const slot of stalled) assert(slots.limit.end(slot) || slot === stalled.at(-1));
  assertEquals(await resolves(slots.begin(URLS.fast).room), false);
});

Deno.test("AdaptiveLimit compares a host's answers with its own, not with those of a faster host", async () => {
  const slots = new Slots();
  const [fast] = slots.fill(1, URLS.fast);
  slots.answer(fast, URLS.fast, 1);
  const [slow] = slots.fill(STARTS_PER_TURN - 2, URLS.slow);
  slots.answer(slow, URLS.slow, 8_000);
  const { room } = slots.begin(URLS.slow);
  assertEquals(await resolves(room), false);
  slots.answer(slow, URLS.slow, 8_000, STARTS_PER_TURN);
  assertEquals(slots.limit.full, false);
  assert(await resolves(room));
});

Deno.test("AdaptiveLimit doesn't let a host with a queue spend another host's answers", async () => {
  const slots = new Slots();
  const all = slots.fill(STARTS_PER_TURN - 1, URLS.fast);
  const [first, second] = all;
  slots.answer(first, URLS.fast, 1);
  slots.limit.end(second);
  slots.limit.begin(second, URLS.slow, second);
  slots.answer(second, URLS.slow, 10);
  const { room } = slots.begin(URLS.fast);
  slots.answer(first, URLS.fast, 1, STARTS_PER_TURN - 3);
  slots.answer(second, URLS.slow, 500);
  assertEquals(await resolves(room), false);
  slots.answer(first, URLS.fast, 1, 2);
  assert(await resolves(room));
});

Deno.test("AdaptiveLimit remembers a bounded number of hosts, and those with requests in flight in any case", async () => {
  const slots = new Slots();
  const [first] = slots.fill(1, URLS.fast);
  slots.answer(first, URLS.fast, 1);
  const [passing] = slots.fill(1, URLS.silent);
  for (let n = 0; n < 2 * MAX_REMEMBERED_ORIGINS; n++) {
    slots.limit.end(passing);
    slots.limit.begin(passing, `http://host${n}/`, passing);
  }
  slots.fill(STARTS_PER_TURN - 1, URLS.fast);
  assertEquals(await resolves(slots.begin(URLS.fast).room), false, "that the fast host has answered is still known");
});

Deno.test("AdaptiveLimit refuses to end what was never begun", () => {
  assertThrows(() => new AdaptiveLimit().end(7, 1), Error, "Slot 7");
});
