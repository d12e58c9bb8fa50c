import { assert, assertEquals, assertRejects } from "@std/assert";
import { Broker, type Run } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { BrokerError } from "../../lib/cluster/broker_error.ts";
import type { Numbered } from "../../lib/cluster/outcome_entry.ts";
import { OutcomesWriter, readOutcomes } from "../../lib/cluster/outcomes_log.ts";
import { type Held, Ownership, type Plan } from "../../lib/cluster/ownership.ts";
import { Session, SessionLostError } from "../../lib/cluster/session.ts";
import type { Done } from "../../lib/core/outcome.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";

const done = (id: number): Done => ({
  ...{ result: "done", id, url: `http://a.example/${id}`, attempts: 1, startedAt: 1, totalMs: 1, bytes: 10 },
});

/** A broker, and machines whose clocks are the test's. */
async function withMachines(
  partitions: number,
  fn: (
    run: Run,
    machine: () => Promise<{ session: Session; ownership: Ownership; pass: (ms: number) => void }>,
  ) => Promise<void>,
): Promise<void> {
  await using server = await startNats();
  await using broker = await Broker.connect(parseBrokerAddress(server.url));
  const run = await broker.openRun("r", { partitions });
  await fn(run, async () => {
    let time = 0;
    const session = new Session(run.live, { now: () => ({ monotonic: time, wall: time }) });
    await session.renew();
    return { session, ownership: new Ownership(run, session), pass: (ms) => time += ms };
  });
}

/** What a killed machine leaves: its key goes as if its time were over. */
async function expire(run: Run, session: string): Promise<void> {
  const there = await run.live.get(session);
  assert(there);
  await run.live.remove(there.revision);
}

/** Everything that a method of an object does is preceded, or followed, by something else. */
function around<T extends object>(
  object: T,
  method: keyof T,
  before: () => unknown,
  after: () => unknown = () => {},
): T {
  return new Proxy(object, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      if (key !== method) return value.bind(target);
      return async (...args: unknown[]) => {
        await before();
        const result = await value.apply(target, args);
        await after();
        return result;
      };
    },
  });
}

const writerOf = (run: Run, { partition, start }: Held) => new OutcomesWriter(run.outcomes, partition, start);

async function reported(run: Run): Promise<Numbered[]> {
  return (await Array.fromAsync(readOutcomes(run))).flatMap(({ outcomes }) => outcomes);
}

/** Waits until a machine knows: what others do, it is told by a watch, a moment later. */
async function untilPlanned(ownership: Ownership, isSo: (plan: Plan) => boolean): Promise<void> {
  while (!isSo(await ownership.plan())) await new Promise((resolve) => setTimeout(resolve, 5));
}

await testWithBroker(
  "a partition is one machine's, until it is handed back or its session is definitely gone",
  async () => {
    await withMachines(2, async (run, machine) => {
      const one = await machine();
      const other = await machine();
      const held = await one.ownership.take(0);
      assert(held);
      assertEquals(await one.ownership.take(0), undefined);
      assertEquals(await other.ownership.take(0), undefined);
      await one.ownership.handBack(0);
      const taken = await other.ownership.take(0);
      assert(taken && taken.start.epoch > held.start.epoch);
      assertEquals(await one.ownership.take(0), undefined);
      await expire(run, other.session.name);
      assert(await one.ownership.take(0));
      await one.ownership.handBack(0, { isFinished: true });
      assertEquals(await (await machine()).ownership.take(0), undefined);
    });
  },
);

await testWithBroker("of machines that take the same partition at once one gets it", async () => {
  await withMachines(1, async (_, machine) => {
    const machines = [await machine(), await machine(), await machine(), await machine()];
    for (let round = 0; round < 10; round++) {
      const taken = await Promise.all(machines.map(({ ownership }) => ownership.take(0)));
      assertEquals(taken.filter((held) => held !== undefined).length, 1);
      await machines[taken.findIndex((held) => held)].ownership.handBack(0);
    }
  });
});

await testWithBroker(
  "a former owner's outcomes are refused, kept, and appended once it has the partition again",
  async () => {
    await withMachines(1, async (run, machine) => {
      const one = await machine();
      const held = await one.ownership.take(0);
      assert(held);
      const writer = writerOf(run, held);
      writer.add(0, done(0));
      await writer.flush();
      await expire(run, one.session.name); // frozen, and believes that it holds it
      const other = await machine();
      const taken = await other.ownership.take(0);
      assert(taken);
      assertEquals([taken.start.state.finished.size, taken.start.state.totals.bytes], [1, 10]);
      writer.add(1, done(1));
      writer.add(2, done(2));
      const error = await assertRejects(() => writer.flush(), BrokerError, "has another writer");
      assertEquals(error.kind, "conflict");
      assertEquals(writer.unreported.map(([number]) => number), [1, 2]);
      const others = writerOf(run, taken);
      others.add(1, done(1));
      await others.flush();
      await other.ownership.handBack(0);
      const again = await (await machine()).ownership.take(0);
      assert(again);
      const last = writerOf(run, again);
      for (const numbered of writer.unreported) last.add(...numbered);
      await last.flush();
      assertEquals((await reported(run)).map(([number]) => number), [0, 1, 2]);
      assertEquals(last.state.totals, { done: 3, skipped: 0, failed: 0, bytes: 30 });
    });
  },
);

await testWithBroker(
  "the owner is read before its session: one that takes it in between isn't overlooked",
  async () => {
    await withMachines(1, async (run, machine) => {
      const one = await machine();
      const gone = await machine();
      assert(await gone.ownership.take(0));
      await expire(run, gone.session.name);
      // Another machine joins and takes it just before, or just after, the first one reads the owner
      for (const isBefore of [false, true]) {
        const late: Ownership[] = [];
        const join = async () => {
          if (late.length > 0) return;
          const { ownership } = await machine();
          late.push(ownership);
          assert(await ownership.take(0));
        };
        const owners = isBefore ? around(run.owners, "get", join) : around(run.owners, "get", () => {}, join);
        assertEquals(await new Ownership({ ...run, owners }, one.session).take(0), undefined);
        assertEquals(late.map(({ held }) => held.size), [1]);
        await late[0].handBack(0);
      }
      assertEquals((await reported(run)).length, 0);
    });
  },
);

await testWithBroker("a machine that is frozen within any step of taking a partition doesn't get it", async () => {
  await withMachines(1, async (run, machine) => {
    const steps = [["owners", "get"], ["owners", "write"], ["live", "get"], ["outcomes", "last"], [
      "outcomes",
      "append",
    ]] as const;
    for (const [what, method] of [...steps, ["outcomes", "next"]] as const) {
      const gone = await machine();
      assert(await gone.ownership.take(0));
      await expire(run, gone.session.name);
      const one = await machine();
      const freeze = () => one.pass(10_000);
      const frozen = { ...run, [what]: around<object>(run[what], method as never, () => {}, freeze) };
      const before = { ...run, [what]: around<object>(run[what], method as never, freeze) };
      for (const slow of method === "next" ? [] : [before, frozen]) {
        await one.session.renew();
        await assertRejects(() => new Ownership(slow as Run, one.session).take(0), SessionLostError, "", method);
      }
      await one.session.renew();
      const held = await one.ownership.take(0); // of its own claim, whose end it never saw
      assert(held, method);
      await one.ownership.handBack(0);
    }
  });
});

await testWithBroker("a session that may be alive is: only a definite answer frees its partition", async () => {
  await withMachines(1, async (run, machine) => {
    const one = await machine();
    assert(await one.ownership.take(0));
    const other = await machine();
    const fail = () => {
      throw new BrokerError("unreachable", "no answer");
    };
    const blind = new Ownership({ ...run, live: around(run.live, "get", fail) }, other.session);
    await assertRejects(() => blind.take(0), BrokerError, "no answer");
    assertEquals(await other.ownership.take(0), undefined);
  });
});

await testWithBroker(
  "the shares of all machines are the same, and move as machines join, leave and partitions finish",
  async () => {
    await withMachines(9, async (run, machine) => {
      const machines = [await machine()];
      const balance = async () => {
        for (let round = 0; round < 2; round++) {
          for (const { ownership } of machines) {
            const { take, handBack } = await ownership.plan();
            for (const partition of [...ownership.held.keys()].slice(0, handBack)) await ownership.handBack(partition);
            for (const partition of take) await ownership.take(partition);
          }
        }
        return machines.map(({ ownership }) => ownership.held.size).sort();
      };
      // What others do, a machine is told a moment later
      const balanced = async (shares: string) => {
        let found = "";
        for (let looks = 0; looks < 100 && found !== shares; looks++) found = (await balance()).join(" ");
        assertEquals(found, shares);
      };
      await balanced("9");
      machines.push(await machine(), await machine());
      await balanced("3 3 3");
      const [left] = machines.splice(1, 1);
      await expire(run, left.session.name);
      await balanced("4 5");
      const [{ ownership }] = machines;
      const finished = ownership.held.size;
      for (const partition of [...ownership.held.keys()]) await ownership.handBack(partition, { isFinished: true });
      for (const { ownership } of machines) {
        await untilPlanned(ownership, ({ unfinished }) => unfinished === 9 - finished);
      }
      await balanced(finished === 5 ? "2 2" : "2 3");
    });
  },
);

await testWithBroker("a machine finds out what it holds by its own books only", async () => {
  await withMachines(2, async (run, machine) => {
    const { session, ownership, pass } = await machine();
    await ownership.take(0);
    await ownership.take(1);
    assertEquals((await ownership.plan()).lost, []);
    const there = await run.owners.get("1");
    await run.owners.write("1", new TextEncoder().encode('{"session":"other"}'), there?.revision);
    await untilPlanned(ownership, ({ lost }) => lost.length > 0);
    assertEquals((await ownership.plan()).lost, [1]);
    ownership.drop(1);
    assertEquals((await ownership.plan()).lost, []);
    pass(15_000);
    await assertRejects(() => ownership.plan(), SessionLostError);
    await session.renew();
    assertEquals((await ownership.plan()).lost, [0]);
  });
});
