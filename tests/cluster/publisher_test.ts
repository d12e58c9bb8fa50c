import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { Broker, type Run } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { BrokerError } from "../../lib/cluster/broker_error.ts";
import { type Chunk, decodeChunk } from "../../lib/cluster/chunk.ts";
import { partitionOf } from "../../lib/cluster/partition.ts";
import { publish } from "../../lib/cluster/publisher.ts";
import { CommandError, UsageError } from "../../lib/core/errors.ts";
import type { Item } from "../../lib/core/source.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";

const connect = (url: string) => Broker.connect(parseBrokerAddress(url), { answerMs: 500 });

const urlOf = (at: number) => `http://host${at % 37}.example/${at}`;
const list = (count: number) => Array.from({ length: count }, (_, at) => urlOf(at));

/** The chunks of every partition. */
async function chunksOf({ jobs, partitions }: Run): Promise<Chunk[][]> {
  const all: Chunk[][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    all.push((await Array.fromAsync(jobs.read(partition))).map(({ data }) => decodeChunk(data)));
  }
  return all;
}

/** That every download of the list is published exactly once, in order, in its partition, with gapless chunks and totals. */
async function assertPublished(run: Run, count: number): Promise<void> {
  const chunks = await chunksOf(run);
  chunks.forEach((each, partition) => {
    let first = 0;
    each.forEach((chunk, number) => {
      assertEquals([chunk.number, chunk.first], [number, first]);
      first += chunk.jobs.length;
      const isLast = number === each.length - 1;
      assertEquals(chunk.totals, isLast ? { partition: first, run: count } : undefined);
    });
    assert(each.length > 0);
    const jobs = each.flatMap(({ jobs }) => jobs);
    assertEquals(
      jobs.map(({ url }) => url),
      list(count).filter((url) => partitionOf(url, run.partitions) === partition),
    );
    for (const { url, id } of jobs) assertEquals(url, urlOf(id));
  });
}

await testWithBroker(
  "publish() puts each download once into its partition, in order, and says the totals at the end",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 4 });
    assertEquals(await publish(run, list(12_345)), { downloads: 12_345, before: 0 });
    await assertPublished(run, 12_345);
    assertEquals(await publish(run, list(12_345)), { downloads: 12_345, before: 12_345 });
    await assertPublished(run, 12_345);
    const empty = await broker.openRun("e", { partitions: 2 });
    assertEquals(await publish(empty, []), { downloads: 0, before: 0 });
    await assertPublished(empty, 0);
  },
);

await testWithBroker("publish() goes on after one that was stopped anywhere", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  for (const stopAt of [0, 1, 1_500, 4_000, 9_999]) {
    const run = await broker.openRun(`r${stopAt}`, { partitions: 3 });
    const stopped = function* (): Generator<Item[]> {
      for (let at = 0; at < stopAt; at += 500) yield list(stopAt).slice(at, at + 500);
      throw new Error("killed");
    };
    await assertRejects(() => publish(run, stopped()), Error, "killed");
    const { before } = await publish(run, list(10_000));
    assertEquals(before > 0, stopAt >= 4_000, `${stopAt}: ${before}`);
    await assertPublished(run, 10_000);
  }
});

await testWithBroker("publish() goes on after a process that was killed, as often as that happens", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 5 });
  const script = new URL("../helpers/publish_many.ts", import.meta.url).pathname;
  let kills = 0;
  for (let killAt = 1;; killAt += 7) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, server.url, "60000"],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    // It says a line for each 2,000 downloads that it has read, and is killed at one of those
    let lines = 0;
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      lines += text.split("\n").length - 1;
      if (lines >= killAt && lines < 30) {
        child.kill("SIGKILL");
        break;
      }
    }
    const { success } = await child.status;
    if (success) break;
    kills++;
  }
  assert(kills > 2, `${kills}`);
  await assertPublished(run, 60_000);
});

await testWithBroker("publish() refuses a list that isn't the one it published before", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 2 });
  await publish(run, list(5_000));
  const other = list(5_000);
  other[17] = `${other[17]}x`;
  for (const wrong of [other, list(5_001), list(4_999), list(10), []]) {
    await assertRejects(() => publish(run, wrong), CommandError, "give this one another --run");
  }
  await assertPublished(run, 5_000);
});

await testWithBroker("publish() refuses other names and digests for what it published before", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 2 });
  const md5 = (digit: string) => ({ md5: [digit.repeat(32)] });
  const some = list(100).map((url, at) =>
    at === 17 ? { url, name: "a", sha256: "0".repeat(64), digests: md5("0") } : url
  );
  assertEquals((await publish(run, some)).before, 0);
  assertEquals((await publish(run, some)).before, 100);
  for (const change of [{ name: "b" }, { sha256: "1".repeat(64) }, { digests: md5("1") }, { digests: undefined }]) {
    const other = some.map((item) => typeof item === "string" ? item : { ...item, ...change });
    await assertRejects(() => publish(run, other), CommandError, "--name");
  }
  const wrong = { url: urlOf(1), digests: { md5: ["0"] } };
  const fresh = await broker.openRun("f", { partitions: 2 });
  await assertRejects(() => publish(fresh, [wrong]), TypeError, "its digests are none");
});

await testWithBroker(
  "publish() refuses downloads with several URLs, whose hosts may be different machines'",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 4 });
    const several = { url: "http://a.example/1", mirrors: ["http://b.example/1"] };
    await assertRejects(() => publish(run, [several]), UsageError, "Download 1 of the list has several URLs");
  },
);

await testWithBroker("publish() reads a list no faster than the broker takes it", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 2 });
  const stopping = new AbortController();
  let read = 0;
  const endless = function* () {
    while (true) yield urlOf(read++);
  };
  await server.kill();
  const published = assertRejects(() => publish(run, endless(), { signal: stopping.signal }), Error);
  await published; // the ends can't be read
  await server.restart();
  while (await run.jobs.last(0).catch(() => null) === null);
  const going = assertRejects(() => publish(run, endless(), { signal: stopping.signal }), Error, "enough");
  while (read < 20_000) await delay(1);
  server.signal("SIGSTOP");
  let before = -1;
  while (before !== read) {
    before = read;
    await delay(200);
  }
  assert(read < 1_000_000);
  server.signal("SIGCONT");
  while (read === before) await delay(1);
  stopping.abort(new Error("enough"));
  await going;
});

await testWithBroker("publish() sends what there is when the list pauses", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 1 });
  const more = Promise.withResolvers<void>();
  const slow = async function* () {
    yield* list(10);
    await more.promise;
    yield urlOf(10);
  };
  const published = publish(run, slow());
  while (await run.jobs.last(0) === undefined);
  more.resolve();
  assertEquals(await published, { downloads: 11, before: 0 });
  assertEquals((await chunksOf(run))[0].map(({ jobs }) => jobs.length), [10, 1]);
  await assertPublished(run, 11);
});

await testWithBroker(
  "two that publish the same list at once put nothing there twice, and of two lists one is refused",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 2 });
    const both = await Promise.allSettled([publish(run, list(20_000)), publish(run, list(20_000))]);
    const refused = both.filter((each) => each.status === "rejected");
    for (const { reason } of refused) assertEquals(reason.message.includes("somebody else publishes it"), true, reason);
    await publish(run, list(20_000));
    await assertPublished(run, 20_000);
    const divided = await broker.openRun("s", { partitions: 1 });
    const lists = [list(20_000), list(20_001).slice(1)];
    const ends = await Promise.allSettled(lists.map((each) => publish(divided, each)));
    assertEquals(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const urls = (await chunksOf(divided))[0].flatMap(({ jobs }) => jobs.map(({ url }) => url));
    assertEquals(urls, lists[ends.findIndex(({ status }) => status === "fulfilled")]);
  },
);

await testWithBroker("publish() says that the storage is full, and goes on when there is more", async () => {
  await using server = await startNats("", { store: "max_file_store: 100KB" });
  {
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 2 });
    const error = await assertRejects(() => publish(run, list(30_000)), BrokerError, "give it more disk");
    assertEquals(error.kind, "storage-full");
  }
  await server.kill();
  await server.restart("max_file_store: 1GB");
  await using broker = await connect(server.url);
  const run = await broker.openRun("r");
  const { downloads, before } = await publish(run, list(30_000));
  assert(downloads === 30_000 && before > 0, `${before}`);
  await assertPublished(run, 30_000);
});

await testWithBroker("publish() goes on when the broker was killed meanwhile", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const run = await broker.openRun("r", { partitions: 4 });
  let restarted: Promise<void> | undefined;
  const killing = async function* () {
    yield list(20_000);
    await server.kill();
    restarted = delay(300).then(() => server.restart());
    yield list(40_000).slice(20_000);
  };
  assertEquals((await publish(run, killing())).downloads, 40_000);
  await restarted;
  await assertPublished(run, 40_000);
});

await testWithBroker(
  "publish() sends long URLs, chooses files in the list's order, and refuses what no chunk can hold",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 1 });
    const long = (at: number, length: number) => `http://a.example/${at}${"ä".repeat(length)}`;
    const urls = [long(0, 200_000), long(1, 200_000), long(2, 10), long(3, 250_000)];
    const target = (_: unknown, id: number) => ({ file: `${id}.txt`, naming: "plain" as const });
    await publish(run, urls, { target });
    const chunks = (await chunksOf(run))[0];
    assertEquals(chunks.map(({ jobs }) => jobs.length), [1, 2, 1]);
    const jobs = chunks.flatMap(({ jobs }) => jobs);
    assertEquals(jobs, urls.map((url, id) => ({ url, id, target: target(url, id) })));
    const other = await broker.openRun("s", { partitions: 1 });
    await assertRejects(() => publish(other, [long(0, 300_000)]), RangeError, "at most 262144 can go");
    await assertRejects(() => publish(other, ["file:///a"]), TypeError, "Download 1 of the list can't be published: ");
  },
);
