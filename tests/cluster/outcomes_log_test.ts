import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { Broker, type Run } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { Finished } from "../../lib/cluster/finished.ts";
import { decodeEntry, encodeEntry, type Entry } from "../../lib/cluster/outcome_entry.ts";
import { type MachinePlace, placeOf } from "../../lib/cluster/machine_place.ts";
import { OutcomesWriter, readOutcomes } from "../../lib/cluster/outcomes_log.ts";
import { Ownership } from "../../lib/cluster/ownership.ts";
import { pack } from "../../lib/cluster/packed.ts";
import { Session } from "../../lib/cluster/session.ts";
import type { Done, Failed } from "../../lib/core/outcome.ts";
import { type NatsServer, startNats, testWithBroker } from "../helpers/nats_server.ts";

const done = (id: number): Done => ({
  ...{ result: "done", id, url: `http://a.example/${id}`, attempts: 1, startedAt: 1, totalMs: 1, bytes: 10 },
});
const failed = (id: number): Failed => ({ ...done(id), result: "failed", kind: "status", message: "503" });

async function withRun(fn: (run: Run, server: NatsServer) => Promise<void>): Promise<void> {
  await using server = await startNats();
  await using broker = await Broker.connect(parseBrokerAddress(server.url), { answerMs: 300 });
  await fn(await broker.openRun("r", { partitions: 2 }), server);
}

/** Takes a partition as a machine of its own. */
async function take(
  run: Run,
  partition: number,
  options: { hosts?: () => Record<string, unknown>; place?: MachinePlace } = {},
) {
  const session = new Session(run.live);
  await session.renew();
  const ownership = new Ownership(run, session, { place: options.place });
  const held = await ownership.take(partition);
  assert(held);
  return { ownership, held, writer: new OutcomesWriter(run.outcomes, partition, held.start, options) };
}

/** What the log of a partition has. */
const entriesOf = async (run: Run, partition: number) =>
  (await Array.fromAsync(run.outcomes.read(partition))).map(({ data }) => decodeEntry(data));

const numbersOf = async (run: Run) =>
  (await Array.fromAsync(readOutcomes(run))).flatMap(({ partition, outcomes }) =>
    outcomes.map(([number]) => `${partition}.${number}`)
  );

await testWithBroker("outcomes are appended 256 at once, or all there are a moment later", async () => {
  await withRun(async (run) => {
    const { writer } = await take(run, 0);
    for (let number = 0; number < 600; number++) writer.add(number, done(number));
    while (writer.unreported.length > 0) await delay(10);
    const sizes = (await entriesOf(run, 0)).map((entry) => entry.kind === "batch" ? entry.outcomes.length : entry.kind);
    assertEquals(sizes, ["takeover", 256, 256, 88]);
    assertEquals(writer.state.totals, { done: 600, skipped: 0, failed: 0, bytes: 6_000 });
  });
});

await testWithBroker(
  "whoever takes a partition gets its outcomes, its totals and what is known of its hosts",
  async () => {
    await withRun(async (run) => {
      const hosts = { "a.example": { retryAfter: 5 } };
      const one = await take(run, 1, { hosts: () => hosts });
      one.writer.add(0, done(0));
      one.writer.add(2, failed(2));
      await one.writer.flush();
      await one.ownership.handBack(1);
      const { held, writer } = await take(run, 1);
      const { state } = held.start;
      assertEquals([state.hosts, state.totals], [hosts, { done: 1, skipped: 0, failed: 1, bytes: 20 }]);
      assertEquals([0, 1, 2, 3].map((number) => state.finished.has(number)), [true, false, true, false]);
      writer.add(0, done(0)); // fetched again, as it was in flight elsewhere
      writer.add(1, done(1));
      await writer.flush();
      assertEquals(await numbersOf(run), ["1.0", "1.2", "1.1"]);
    });
  },
);

await testWithBroker(
  "taking a partition reads from its last snapshot on, and reading a run reads all of it",
  async () => {
    await withRun(async (run) => {
      const one = await take(run, 0);
      for (let number = 0; number < 300; number++) {
        one.writer.add(number * 2, done(number));
        await one.writer.flush();
      }
      await one.ownership.handBack(0);
      const kinds = (await entriesOf(run, 0)).map(({ kind }) => kind);
      assertEquals(kinds.filter((kind) => kind === "snapshot").length, 2);
      let read = 0;
      const next = (...args: [number, number]) => {
        read++;
        return run.outcomes.next(...args);
      };
      const outcomes = new Proxy(run.outcomes, {
        get: (log, key) =>
          key === "read"
            ? async function* (partition: number, after: number) {
              for (let at = await next(partition, after); at; at = await next(partition, at.seq)) yield at;
            }
            : Reflect.get(log, key).bind(log),
      });
      const { held } = await take({ ...run, outcomes }, 0);
      assert(read < 128, `${read}`);
      assertEquals(held.start.state.totals.done, 300);
      assertEquals(held.start.state.finished.has(598), true);
      assertEquals(held.start.state.finished.has(597), false);
      // And again, from a takeover that says where the snapshot is
      await expireAll(run);
      assertEquals((await take(run, 0)).held.start.state.totals.done, 300);
      assertEquals((await numbersOf(run)).length, 300);
    });
  },
);

await testWithBroker(
  "each outcome comes with the place of the machine that it ended on, also when that is gone",
  async () => {
    await withRun(async (run) => {
      const places = [{ host: "one", folder: "/files" }, undefined, { host: "three" }];
      for (const [number, place] of places.entries()) {
        const { ownership, writer } = await take(run, 0, { place });
        writer.add(number, done(number));
        await writer.flush();
        await ownership.handBack(0);
      }
      const read = (await Array.fromAsync(readOutcomes(run))).map(({ place, outcomes: [[number]] }) => [number, place]);
      assertEquals(read, [0, 1, 2].map((number) => [number, places[number] ?? {}]));
    });
  },
);

Deno.test("a machine's place is told as far as it can be, and nothing hostile is read", () => {
  assertEquals(placeOf("one", "/files"), { host: "one", folder: "/files" });
  assertEquals(placeOf(undefined, "/files"), { folder: "/files" });
  assertEquals(placeOf("", "/".repeat(4_097)), undefined);
  const takeover = { kind: "takeover", epoch: 1, since: 0, session: "s" } as const;
  assertEquals(decodeEntry(pack(takeover)), takeover);
  for (const place of [{}, { host: "one" }, { host: "one", folder: "/\u001b[2J" }]) {
    assertEquals(decodeEntry(pack({ ...takeover, place: { ...place, more: 1 } })), { ...takeover, place });
  }
  const wrong = [null, [], 1, { host: 1 }, { host: "" }, { host: "x".repeat(256) }, { folder: "x".repeat(4_097) }];
  for (const place of [...wrong, { folder: {} }, { folder: null }]) {
    assertThrows(() => decodeEntry(pack({ ...takeover, place })), Error, "Outcomes of the run can't be read: a place");
  }
});

async function expireAll({ live }: Run): Promise<void> {
  for (const name of await live.names()) await live.remove((await live.get(name))?.revision ?? 0);
}

await testWithBroker(
  "outcomes that end while the broker is away are kept, and appended once when it is back",
  async () => {
    await withRun(async (run, server) => {
      const { writer } = await take(run, 0);
      for (let number = 0; number < 1_000; number++) {
        writer.add(number, done(number));
        if (number === 300) await server.kill();
        if (number === 600) await server.restart();
      }
      await writer.flush();
      assertEquals((await numbersOf(run)).length, 1_000);
    });
  },
);

await testWithBroker("an append that the broker does after its answer was given up is there once", async () => {
  await withRun(async (run, server) => {
    const { writer } = await take(run, 0);
    server.signal("SIGSTOP"); // takes what is sent, and does it later
    writer.add(0, done(0));
    const flushed = writer.flush();
    await delay(800);
    server.signal("SIGCONT");
    await flushed;
    assertEquals(await numbersOf(run), ["0.0"]);
    assertEquals((await entriesOf(run, 0)).length, 2);
  });
});

await testWithBroker("a writer says once that somebody else has the partition, and appends nothing more", async () => {
  await withRun(async (run) => {
    const one = await take(run, 0);
    const lost: unknown[] = [];
    const onLost = (error: unknown) => lost.push(error);
    const writer = new OutcomesWriter(run.outcomes, 0, one.held.start, { onLost });
    await expireAll(run);
    await take(run, 0);
    for (let number = 0; number < 2_000; number++) writer.add(number, done(number));
    await assertRejects(() => writer.flush(), Error, "has another writer");
    assertEquals([lost.length, writer.unreported.length], [1, 2_000]);
    assertEquals(await numbersOf(run), []);
  });
});

Deno.test("what is finished comes back as it was, and nothing hostile does", () => {
  const finished = new Finished();
  for (const number of [0, 1, 5, 3, 6, 9]) assertEquals(finished.add(number), true);
  assertEquals(finished.add(5), false);
  assertEquals(finished.toJSON(), { below: 2, ranges: [3, 1, 5, 2, 9, 1] });
  const again = Finished.from(JSON.parse(JSON.stringify(finished)));
  assertEquals([again.toJSON(), again.size], [finished.toJSON(), 6]);
  assertEquals([again.add(2), again.toJSON()], [true, { below: 4, ranges: [5, 2, 9, 1] }]);
  const wrong = [null, {}, { below: -1, ranges: [] }, { below: 1, ranges: [1, 1] }, { below: 1, ranges: [3] }];
  for (const data of [...wrong, { below: 1, ranges: [3, 0] }, { below: 0, ranges: [5, 2, 6, 1] }]) {
    assertThrows(() => Finished.from(data), Error);
  }
  assertThrows(() => Finished.from({ below: 0, ranges: [1, 2 ** 40] }), Error, "too many");
});

Deno.test("a damaged or hostile entry is an error", () => {
  const totals = { done: 1, skipped: 0, failed: 0, bytes: 1 };
  const batch: Entry = { kind: "batch", epoch: 3, since: 0, number: 1, outcomes: [[4, done(9)]], totals, hosts: {} };
  const packed = encodeEntry(batch);
  assertEquals(decodeEntry(packed), batch);
  for (let length = 0; length < packed.length; length++) {
    assertThrows(() => decodeEntry(packed.subarray(0, length)), Error, "Outcomes of the run can't be read: ");
  }
  const wrong: Record<string, unknown>[] = [{ epoch: -1 }, { since: "0" }, { kind: "other" }, { kind: "takeover" }];
  wrong.push({ totals: { done: 1 } }, { hosts: [] }, { outcomes: [[1]] }, { outcomes: [[-1, done(1)]] }, {
    kind: "snapshot",
  });
  wrong.push({ outcomes: [[1, { ...done(1), result: "constructor" }]] }, {
    outcomes: [[1, { ...done(1), bytes: -1 }]],
  });
  // What would be no error before it is counted or reported
  for (const change of [{ value: 1.5 }, { firstByteMs: "1" }, { startedAt: 1e16 }, { startedAt: null }]) {
    wrong.push({ outcomes: [[1, { ...done(1), ...change }]] });
  }
  for (const change of [{ message: undefined }, { kind: "__proto__" }, { kind: "Status" }, { kind: 1 }]) {
    wrong.push({ outcomes: [[1, { ...failed(1), ...change }]] });
  }
  for (const change of wrong) {
    assertThrows(
      () => decodeEntry(pack({ ...batch, ...change })),
      Error,
      "Outcomes of the run",
      JSON.stringify(change),
    );
  }
  assertThrows(() => decodeEntry(pack(" ".repeat(9_000_000))), Error, "it unpacks to more than 8388608 bytes");
});
