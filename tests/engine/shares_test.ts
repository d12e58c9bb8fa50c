import { assertEquals } from "@std/assert";
import type { Job } from "../../lib/core/download.ts";
import { type Account, Shares } from "../../lib/engine/shares.ts";

/** Shares of what is in `ready`, with what each job was given to. */
function setUp() {
  const ready: Job[] = [];
  const taken: Account[] = [];
  const state = { isOver: false };
  const shares = new Shares({
    take(account) {
      const job = ready.shift();
      if (!job) return undefined;
      account.inFlight++;
      taken.push(account);
      return job;
    },
    isOver: () => state.isOver,
  });
  return { shares, ready, taken, state };
}

const job = (id: number): Job => ({ id, attempt: 1, url: `/${id}` });

Deno.test("Shares gives a job to the share with the fewest in flight of those that wait", async () => {
  const { shares, ready } = setUp();
  const [busy, other] = [shares.open(), shares.open()];
  ready.push(job(0));
  busy.takeReady(1);
  const waiting = [busy.next(), other.next()];
  ready.push(job(1));
  shares.wake();
  ready.push(job(2));
  shares.wake();
  assertEquals((await Promise.all(waiting)).map(({ value }) => value?.id), [2, 1]);
});

Deno.test("Shares lets a lane that has waited go before one that comes", async () => {
  const { shares, ready } = setUp();
  const [first, second] = [shares.open(), shares.open()];
  const waited = first.next();
  ready.push(job(0));
  const came = second.next();
  ready.push(job(1));
  shares.wake();
  assertEquals([(await waited).value?.id, (await came).value?.id], [0, 1]);
});

Deno.test("Shares sends every lane home when there are no more jobs", async () => {
  const { shares, state } = setUp();
  const [first, second] = [shares.open(), shares.open()];
  const waiting = [first.next(), second.next(), second.next()];
  state.isOver = true;
  const last = first.next(); // finds out for the others too
  assertEquals((await Promise.all([...waiting, last])).map(({ done }) => done), [true, true, true, true]);
});

Deno.test("wakeSoon() leaves a job to the lane that asks for it in the same turn, once others have been served", async () => {
  const { shares, ready, taken } = setUp();
  const share = shares.open();
  const waited = share.next();
  ready.push(job(0), job(1));
  shares.wakeSoon();
  shares.wakeSoon();
  assertEquals(taken.length, 0);
  assertEquals(share.takeReady(1).map(({ id }) => id), [0]);
  assertEquals((await waited).value?.id, 1);
});

Deno.test("takeNow() takes no job that a lane of another share waits for, and any other that is ready", async () => {
  const { shares, ready } = setUp();
  const [first, second] = [shares.open(), shares.open()];
  assertEquals(first.takeNow(), undefined);
  const waited = first.next();
  ready.push(job(0), job(1));
  assertEquals(second.takeNow(), undefined);
  assertEquals(first.takeNow()?.id, 0);
  shares.wake();
  assertEquals((await waited).value?.id, 1);
  ready.push(job(2));
  assertEquals(second.takeNow()?.id, 2);
});

Deno.test("wakeSoon() sends lanes home at once when there are no more jobs", async () => {
  const { shares, state } = setUp();
  const [first, second] = [shares.open(), shares.open()];
  const waiting = [first.next(), second.next()];
  state.isOver = true;
  shares.wakeSoon();
  const turn = new Promise((resolve) => setImmediate(resolve)).then(() => "too late");
  assertEquals(await Promise.race([Promise.all(waiting).then((ends) => ends.map(({ done }) => done)), turn]), [
    true,
    true,
  ]);
});
