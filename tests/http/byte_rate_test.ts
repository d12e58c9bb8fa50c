import { assert, assertEquals, assertRejects } from "@std/assert";
import { ByteRate, type Clock, makeByteClock } from "../../lib/http/byte_rate.ts";

/** A clock that goes on when everybody waits. */
class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #sleepers: { at: number; wake: () => void }[] = [];

  now = () => this.#now;

  sleep = (ms: number) =>
    new Promise<void>((wake) => {
      this.#sleepers.push({ at: this.#now + ms, wake });
      this.#sleepers.sort((a, b) => b.at - a.at);
    });

  /** Runs until a time. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (true) {
      for (let turn = 0; turn < 20; turn++) await undefined; // all that can go on goes on first
      const next = this.#sleepers.at(-1);
      if (next === undefined || next.at > end) return;
      this.#now = next.at;
      while (this.#sleepers.at(-1)?.at === this.#now) this.#sleepers.pop()?.wake();
    }
  }
}

const NEVER = new AbortController().signal;
const SECONDS = 10;

/** Reads bodies without end, or of a size each, at once; says how many bytes were read. */
function readers(rate: ByteRate, count: number, { clock, bodyBytes, came = (bytes) => bytes }: {
  clock: Clock;
  bodyBytes?: number;
  came?: (paid: number, reader: number) => number;
}): { bytes: number } {
  const read = { bytes: 0 };
  const end = clock.now() + SECONDS * 1_000;
  const one = async (nth: number) => {
    while (clock.now() < end) {
      rate.enter();
      let paid = 0;
      for (let left = bodyBytes ?? Infinity; left > 0 && clock.now() < end;) {
        if (paid === 0) paid = await rate.pay(16_384, { signal: NEVER, onWait() {} });
        const some = Math.min(came(paid, nth), left);
        left -= some;
        paid -= some;
        if (clock.now() <= end) read.bytes += some;
        if (some < paid && bodyBytes === undefined) await clock.sleep(100, NEVER); // it comes slowly
      }
      rate.refund(paid);
      rate.leave();
    }
  };
  for (let nth = 0; nth < count; nth++) one(nth);
  return read;
}

for (const perSecond of [100_000, 10_000_000]) {
  for (const count of [1, 32, 400]) {
    Deno.test(`ByteRate lets ${perSecond} bytes per second arrive of ${count} bodies at once, within 5 %`, async () => {
      const clock = new FakeClock();
      const shared = makeByteClock();
      const [here, there] = [1, 2].map(() => new ByteRate(shared, perSecond, clock));
      // Half of them in another isolate
      const all = [readers(here, Math.ceil(count / 2), { clock }), readers(there, Math.floor(count / 2), { clock })];
      await clock.run(SECONDS * 1_000);
      const share = (all[0].bytes + all[1].bytes) / perSecond / SECONDS;
      assert(share > 0.95 && share < 1.05, `${share}`);
    });
  }
}

Deno.test("ByteRate gives back what bodies have paid for and don't read", async () => {
  const clock = new FakeClock();
  const rate = new ByteRate(makeByteClock(), 1_000_000, clock);
  const read = readers(rate, 8, { clock, bodyBytes: 5_000 });
  await clock.run(SECONDS * 1_000);
  const share = read.bytes / 1_000_000 / SECONDS;
  assert(share > 0.95 && share < 1.05, `${share}`);
});

Deno.test("ByteRate leaves to one quick body what many slow ones don't use", async () => {
  const clock = new FakeClock();
  const rate = new ByteRate(makeByteClock(), 1_000_000, clock);
  const slow = readers(rate, 100, { clock, came: () => 1 });
  const quick = readers(rate, 1, { clock });
  await clock.run(SECONDS * 1_000);
  assert(slow.bytes < 200_000, `${slow.bytes}`);
  assert(quick.bytes > 9_000_000, `${quick.bytes}`);
});

Deno.test("ByteRate ends a wait with its signal", async () => {
  const rate = new ByteRate(makeByteClock(), 1);
  const aborter = new AbortController();
  const pay = () => rate.pay(1_000, { signal: aborter.signal, onWait: () => aborter.abort(new Error("enough")) });
  assertEquals(await pay(), 256);
  await assertRejects(pay, Error, "enough");
});
