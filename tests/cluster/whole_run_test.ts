import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { Durations } from "../../lib/cluster/durations.ts";
import { Figures } from "../../lib/cluster/figures.ts";
import { readLeft } from "../../lib/cluster/left.ts";
import { encodeEntry } from "../../lib/cluster/outcome_entry.ts";
import { readOutcomes } from "../../lib/cluster/outcomes_log.ts";
import { partitionOf } from "../../lib/cluster/partition.ts";
import { publish } from "../../lib/cluster/publisher.ts";
import { stalledHosts } from "../../lib/cluster/stalled_hosts.ts";
import { RunView } from "../../lib/cluster/whole_run.ts";
import type { FailureKind } from "../../lib/core/outcome.ts";
import { done, expire, failed, machine, withRun } from "../helpers/run_machine.ts";
import { testWithBroker } from "../helpers/nats_server.ts";

const list = (length: number) => Array.from({ length }, (_, at) => `http://host${at % 7}.example/${at}`);

/** How many of a list belong to each partition. */
function sizesOf(urls: string[], partitions: number): number[] {
  const sizes = new Array(partitions).fill(0);
  for (const url of urls) sizes[partitionOf(url, partitions)]++;
  return sizes;
}

await testWithBroker("a run is seen as a whole while it is published and worked on", async () => {
  await withRun({ partitions: 3 }, async (run) => {
    let now = 0;
    const view = new RunView(run, { now: () => now });
    const begun = await view.look();
    assertEquals([begun.found, begun.isPublished, begun.isFinished, begun.free, begun.perSecond], [
      0,
      false,
      false,
      3,
      0,
    ]);
    const urls = list(300);
    const more = Promise.withResolvers<void>();
    const slow = async function* () {
      yield urls.slice(0, 150);
      await more.promise;
      yield urls.slice(150);
    };
    const published = publish(run, slow());
    let partly = await view.look();
    while (partly.found < 150) partly = await view.look();
    assertEquals([partly.found, partly.isPublished], [150, false]);
    more.resolve();
    await published;

    const one = await machine(run, [0, 1], { name: "one" });
    const two = await machine(run, [2], { name: "two" });
    one.writer(0).add(0, done(0));
    one.writer(0).add(1, failed(1));
    one.writer(1).add(0, { ...done(2), result: "skipped", reason: "duplicate", attempts: 0 });
    two.writer(2).add(0, done(3, { attempts: 3, value: 42, startedAt: 500 }));
    await one.flush();
    await two.flush();
    now = 10_000;
    const seen = await view.look();
    assertEquals([seen.found, seen.isPublished, seen.isFinished, seen.free], [300, true, false, 0]);
    assertEquals(seen.totals, { done: 2, skipped: 1, failed: 1, bytes: 30 });
    const { requests, retries, duplicates, value } = seen.figures;
    assertEquals([requests, retries, duplicates, value], [5, 2, 1, 42n]);
    assertEquals([seen.perSecond, seen.bytesPerSecond, seen.seconds], [0.4, 3, 0.51]);
    assertEquals(seen.machines.map(({ name, partitions, perSecond }) => ({ name, partitions, perSecond })), [
      { name: "one", partitions: [0, 1], perSecond: 0.3 },
      { name: "two", partitions: [2], perSecond: 0.1 },
    ]);
    assertEquals(seen.failures, [
      { kind: "status", count: 1, example: { url: "http://a.example/1", message: "HTTP 503" } },
    ]);
  });
});

await testWithBroker("a look at a run reads only what has changed since the look before", async () => {
  await withRun({ partitions: 4 }, async (run) => {
    await publish(run, list(100));
    const { writer, flush } = await machine(run, [0, 1, 2, 3]);
    for (const partition of [0, 1, 2, 3]) writer(partition).add(0, done(partition));
    await flush();
    const read: string[] = [];
    const watched = <T extends object>(log: T, what: string) =>
      new Proxy(log, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            if (key === "last" || key === "next") read.push(`${what}.${args[0]}`);
            return value.apply(target, args);
          };
        },
      });
    const view = new RunView({ ...run, jobs: watched(run.jobs, "jobs"), outcomes: watched(run.outcomes, "outcomes") });
    await view.look();
    assertEquals(read.splice(0).length, 8);
    writer(2).add(1, failed(1));
    await flush();
    assertEquals((await view.look()).totals.failed, 1);
    assertEquals(read, ["outcomes.2"]);
  });
});

await testWithBroker(
  "a run is seen right after a machine died, and when a former owner's append was refused",
  async () => {
    await withRun({ partitions: 2 }, async (run) => {
      const urls = list(40);
      await publish(run, urls);
      const sizes = sizesOf(urls, 2);
      const view = new RunView(run);
      const one = await machine(run, [0, 1], { name: "one" });
      one.writer(0).add(0, done(0));
      await one.flush();
      await expire(run, one.session.name);
      const died = await view.look();
      assertEquals([died.machines, died.free, died.totals.done], [[], 2, 1]);

      const two = await machine(run, [0], { name: "two" });
      const taken = await view.look(); // its log ends with a takeover
      assertEquals([taken.totals.done, taken.figures.requests, taken.free], [1, 1, 1]);
      one.writer(0).add(1, failed(1));
      await assertRejects(() => one.flush(), Error, "has another writer");
      const refused = await view.look();
      assertEquals([refused.totals.done, refused.totals.failed, refused.machines[0].name], [1, 0, "two"]);

      for (let number = 0; number < sizes[0]; number++) two.writer(0).add(number, done(number)); // number 0 again
      await two.flush();
      await two.ownership.handBack(0, { isFinished: true });
      const last = await machine(run, [1]);
      for (let number = 0; number < sizes[1]; number++) last.writer(1).add(number, failed(number));
      await last.flush();
      await last.ownership.handBack(1, { isFinished: true });
      const ended = await view.look();
      assertEquals([ended.isFinished, ended.free], [true, 0]);
      assertEquals(ended.totals, { done: sizes[0], skipped: 0, failed: sizes[1], bytes: 10 * sizes[0] });
      const outcomes = (await Array.fromAsync(readOutcomes(run))).flatMap(({ outcomes }) => outcomes);
      assertEquals(outcomes.length, 40);
    });
  },
);

await testWithBroker("a finished run is seen by who comes afterwards, over connections that break", async () => {
  await withRun({ partitions: 5, streams: 2 }, async (run, server) => {
    await publish(run, list(70));
    const sizes = sizesOf(list(70), 5);
    const { writer, flush } = await machine(run, [0, 1, 2, 3, 4]);
    let id = 0;
    for (const [partition, size] of sizes.entries()) {
      for (let number = 0; number < size; number++) {
        writer(partition).add(number, done(id++, { totalMs: id, firstByteMs: id / 2 }));
      }
    }
    await flush();
    await using broker = await Broker.connect(parseBrokerAddress(server.url), { answerMs: 300 });
    const later = await broker.openRun("r");
    const seeing = new RunView(later).look();
    await server.kill();
    await server.restart();
    const seen = await seeing;
    assertEquals([seen.isFinished, seen.totals.done], [true, 70]);
    const times = seen.figures.total.percentiles();
    assert(times);
    const { p50, p90, p99, max } = times;
    for (const [value, expected] of [[p50, 35], [p90, 63], [p99, 70]]) {
      assertAlmostEquals(value, expected, expected * 0.02);
    }
    assertEquals([max, seen.figures.firstByte.percentiles()?.max], [70, 35]);
  });
});

await testWithBroker("what isn't done comes as the list said it, with its credentials and the reason", async () => {
  await withRun({ partitions: 1 }, async (run) => {
    const headers = { authorization: "Bearer secret" };
    const items = [
      "http://me:secret@a.example/0",
      { url: "http://a.example/1", name: "one.txt", headers, sha256: "0".repeat(64) },
      "http://a.example/2",
      "http://a.example/3",
    ];
    await publish(run, items);
    const { writer, flush } = await machine(run, [0]);
    writer(0).add(0, failed(0, { message: "HTTP 403" }));
    writer(0).add(2, done(2));
    writer(0).add(3, failed(3));
    await flush();
    const left = readLeft(run);
    const all: unknown[] = [];
    let each = await left.next();
    for (; !each.done; each = await left.next()) all.push(each.value);
    assertEquals(JSON.parse(JSON.stringify(all)), [
      { download: { url: items[0] }, why: "HTTP 403" },
      { download: items[1] },
      { download: { url: items[3] }, why: "HTTP 503" },
    ]);
    assertEquals(each.value, true);
  });
});

await testWithBroker("of a list that isn't published to its end it is known that something is missing", async () => {
  await withRun({ partitions: 2 }, async (run) => {
    const stopped = async function* () {
      yield list(10);
      await Promise.reject(new Error("the list ended early"));
    };
    await assertRejects(() => publish(run, stopped()), Error, "the list ended early");
    const left = readLeft(run);
    let each = await left.next();
    while (!each.done) each = await left.next();
    assertEquals(each.value, false);
    assertEquals((await new RunView(run).look()).isPublished, false);
  });
});

await testWithBroker("a damaged log is one clear line to who looks at the run", async () => {
  await withRun({ partitions: 1 }, async (run) => {
    await run.outcomes.append(0, new Uint8Array([1, 2, 3]), { after: 0 });
    await assertRejects(() => new RunView(run).look(), Error, "Outcomes of the run can't be read: ");
  });
});

Deno.test("hosts that get no request are found in what their partition's log says, and nothing hostile is", () => {
  const now = 1_000_000;
  const circuit = { failures: 5, reopened: 0, awaySince: 1, halfOpenAt: now + 9_000 };
  const states = {
    "slow.example": { notBefore: now + 5_000 },
    "over.example": { notBefore: now - 1 },
    "open.example": { circuit },
    "gone.example": { circuit: { ...circuit, hasGivenUp: true } },
    "shaky.example": { circuit: { ...circuit, failures: 4 } },
    "long.ago.example": { circuit: { ...circuit, halfOpenAt: now - 3_600_000 } },
    ...{ a: null, b: [], c: { notBefore: "x" }, d: { circuit: 1 }, e: { circuit: { failures: 9 } } },
  };
  const found = [...stalledHosts(states, { partition: 3, now })];
  assertEquals(found.map(({ host, why, until }) => [host, why, until - now]), [
    ["slow.example", "retry-after", 5_000],
    ["open.example", "circuit-open", 9_000],
    ["gone.example", "given-up", 9_000],
  ]);
});

Deno.test("durations come back as they were, merge, and give percentiles right to 2 %", () => {
  const one = new Durations();
  const other = new Durations();
  assertEquals(one.percentiles(), undefined);
  const all: number[] = [];
  for (let at = 0; at < 10_000; at++) {
    const ms = 0.0005 * 1.003 ** at % 1e12;
    all.push(ms);
    (at % 3 ? one : other).add(ms);
  }
  one.merge(Durations.from(JSON.parse(JSON.stringify(other))));
  all.sort((a, b) => a - b);
  const percentiles = one.percentiles();
  assert(percentiles);
  const { p50, p90, p99, max } = percentiles;
  for (const [value, percent] of [[p50, 50], [p90, 90]]) {
    const right = all[Math.ceil(percent / 100 * all.length) - 1];
    assert(Math.abs(value / right - 1) < 0.02 || right > 1e9, `${value} ${right}`);
  }
  assertEquals([max, p99 <= max], [all.at(-1), true]);
  const wrong: unknown[] = [null, {}, { max: 1 }, { max: -1, counts: [] }, { max: Infinity, counts: [] }];
  wrong.push({ max: 1, counts: [1] }, { max: 1, counts: [1, 0] }, { max: 1, counts: [1, 1, 0, 1] }, {
    max: 1,
    counts: [2_000, 1],
  });
  for (const data of wrong) assertThrows(() => Durations.from(data), Error, "duration", JSON.stringify(data));
});

Deno.test("figures come back as they were, whatever a server made of them, and nothing hostile does", () => {
  const figures = new Figures();
  for (let id = 0; id < 1_000; id++) figures.add(done(id, { totalMs: id, firstByteMs: id / 3, value: id }));
  for (const reason of ["unwanted", "duplicate", "unwanted"] as const) {
    figures.add({ ...done(0), result: "skipped", reason, attempts: 0 });
  }
  figures.add(failed(0, { url: `http://a.example/${"x".repeat(9_000)}`, message: "y".repeat(9_000) }));
  const data = JSON.parse(JSON.stringify(figures));
  const again = Figures.from(data);
  assertEquals(JSON.parse(JSON.stringify(again)), data);
  assertEquals([again.value, again.requests, again.unwanted, again.duplicates], [499_500n, 1_001, 2, 1]);
  assert(JSON.stringify(data).length < 6_000, `${JSON.stringify(data).length}`);
  const packed = encodeEntry({
    ...{ kind: "batch", epoch: 1, since: 0, number: 0, outcomes: [], hosts: {}, figures },
    totals: { done: 0, skipped: 0, failed: 0, bytes: 0 },
  });
  assert(packed.length < 1_500, `${packed.length}`);
  const wrong: Record<string, unknown>[] = [{ requests: -1 }, { unwanted: -1 }, { value: "-1" }, { value: 1 }, {
    startedAt: "1",
  }];
  wrong.push({ firstByte: 1 }, { failures: {} }, { failures: [["status", { count: 1 }]] }, {
    failures: [["\u001b", { count: 1, example: { url: "", message: "" } }]],
  });
  for (const change of wrong) {
    assertThrows(() => Figures.from({ ...data, ...change }), Error, undefined, JSON.stringify(change));
  }
  assertEquals(new Set<FailureKind>(again.failures.keys()), new Set(["status"]));
});
