import { assertEquals, assertRejects } from "@std/assert";
import { Broker, type ConnectOptions } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { BrokerError } from "../../lib/cluster/broker_error.ts";
import { startNats, testWithBroker, withTlsNats } from "../helpers/nats_server.ts";

const connect = (url: string, options?: ConnectOptions) => Broker.connect(parseBrokerAddress(url), options);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => data && new TextDecoder().decode(data);

/** That it rejects with one clear line. */
async function assertBrokerError(act: () => Promise<unknown>, kind: string, says: string): Promise<void> {
  const error = await assertRejects(act, BrokerError, says);
  assertEquals(error.kind, kind, error.message);
  assertEquals(error.message.includes("\n"), false, error.message);
}

await testWithBroker("a run keeps how it was divided when it was made, and others join it as it is", async () => {
  await using server = await startNats();
  await using one = await connect(server.url);
  await using other = await connect(server.url);
  await assertBrokerError(() => other.openRun("r"), "missing", "There is no run r on nats://127.0.0.1:");
  const made = await one.openRun("r", { partitions: 4, settings: { perHost: 3 } });
  assertEquals([made.partitions, made.settings], [4, { perHost: 3 }]);
  for (const joined of [await other.openRun("r"), await other.openRun("r", { partitions: 8, settings: {} })]) {
    assertEquals([joined.name, joined.partitions, joined.settings], ["r", 4, { perHost: 3 }]);
  }
  const [first, second] = await Promise.all([one, other].map((each) => each.openRun("s", { partitions: 2 })));
  assertEquals([first.partitions, second.partitions], [2, 2]);
});

await testWithBroker("replicas are refused before nats-server 2.11, with the reason", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const isOld = Number(broker.version.split(".")[1]) < 11;
  const open = () => broker.openRun("r", { replicas: 3 });
  if (isOld) await assertRejects(open, RangeError, `replicas must be 1 on nats-server ${broker.version}: before 2.11`);
  else await assertRejects(open, BrokerError, "replicas");
  await assertRejects(
    () => broker.openRun("r", { partitions: 4_097 }),
    RangeError,
    "partitions must be a whole number",
  );
  await assertRejects(() => broker.openRun("a.b", {}), TypeError, "run must be 1 to 64 letters");
});

await testWithBroker("of two appends after the same message one is refused", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const { jobs } = await broker.openRun("r", { partitions: 2 });
  assertEquals(await jobs.last(1), undefined);
  const first = await jobs.append(1, bytes("a"), { after: 0 });
  await jobs.append(0, bytes("elsewhere"), { after: 0 });
  const second = await jobs.append(1, bytes("b"), { after: first });
  await assertBrokerError(() => jobs.append(1, bytes("c"), { after: first }), "conflict", "has another writer");
  await assertBrokerError(() => jobs.append(1, bytes("c"), { after: 99 }), "conflict", "wrong last sequence");
  assertEquals(await jobs.append(1, bytes("b"), { after: first }), second, "an append whose answer got lost");
  assertEquals(text((await jobs.last(1))?.data), "b");
  assertEquals((await Array.fromAsync(jobs.read(1))).map(({ seq, data }) => [seq, text(data)]), [[first, "a"], [
    second,
    "b",
  ]]);
  assertEquals((await Array.fromAsync(jobs.read(1, second))).length, 0);
});

await testWithBroker("keys change by revision only, and a removed one is definitely not there", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const { owners } = await broker.openRun("r", { partitions: 2 });
  assertEquals([await owners.get("a"), await owners.names()], [undefined, []]);
  const one = await owners.write("a", bytes("1"), undefined);
  await assertBrokerError(() => owners.write("a", bytes("2"), undefined), "conflict", "wrong last sequence");
  const two = await owners.write("a", bytes("2"), one);
  await assertBrokerError(() => owners.write("a", bytes("3"), one), "conflict", "wrong last sequence");
  assertEquals([text((await owners.get("a"))?.value), await owners.names()], ["2", ["a"]]);
  await owners.remove(two);
  assertEquals([await owners.get("a"), await owners.names()], [undefined, []]);
});

await testWithBroker("a session's key that isn't renewed goes by itself", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url, { liveTtlMs: 1_000 });
  const { live } = await broker.openRun("r", { partitions: 2 });
  await live.write("s", bytes(""), undefined);
  while (await live.get("s")) await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(await live.names(), []);
});

await testWithBroker(
  "a broker that isn't there, refuses the login or has no JetStream is said in one line",
  async () => {
    const server = await startNats("authorization { user: me, password: secret }");
    try {
      const host = `127.0.0.1:${server.port}`;
      for (const url of [`nats://${host}`, `nats://me:wrong@${host}`, `nats://t0ken@${host}`]) {
        const says = `Connecting to the broker nats://${host} failed: `;
        await assertBrokerError(() => connect(url), "unauthorized", says);
      }
      await (await connect(`nats://me:secret@${host}`)).close();
      await server.kill();
      await assertBrokerError(() => connect(`nats://me:secret@${host}`), "unreachable", "is nats-server running there");
    } finally {
      await server[Symbol.asyncDispose]();
    }
    await using plain = await startNats("", { isPlain: true });
    await assertBrokerError(() => connect(plain.url), "unreachable", "is nats-server running there, with -js?");
  },
);

await testWithBroker(
  "over TLS with a user and a password; and not at all where the server or its certificate isn't the one",
  () =>
    withTlsNats("authorization { user: me, password: secret }", async (server, caCert) => {
      const url = `tls://me:secret@127.0.0.1:${server.port}`;
      await using broker = await connect(url, { caCert });
      const { jobs } = await broker.openRun("r", { partitions: 1 });
      const large = new Uint8Array(900_000).fill(7);
      await jobs.append(0, large, { after: 0 });
      assertEquals((await jobs.last(0))?.data, large);
      await assertBrokerError(() => connect(url), "other", "invalid peer certificate: ");
      await using plain = await startNats();
      const open = () => connect(`tls://127.0.0.1:${plain.port}`);
      await assertBrokerError(open, "other", "the server has no TLS");
    }),
);

await testWithBroker("what isn't a NATS server is said in one line", async () => {
  await using website = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
  const { port } = website.addr;
  await assertBrokerError(() => connect(`nats://127.0.0.1:${port}`, { answerMs: 300 }), "unreachable", "timeout");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greet = async () => {
    using connection = await listener.accept();
    await connection.write(bytes("220 mail.example ESMTP\r\n"));
    await connection.read(new Uint8Array(1));
  };
  const greeted = greet();
  const open = () => connect(`nats://127.0.0.1:${listener.addr.port}`, { answerMs: 300 });
  await assertBrokerError(open, "other", "that isn't a NATS server");
  await greeted;
});

await testWithBroker("a full storage is said in one line, and what is there stays", async () => {
  await using server = await startNats("", { store: "max_file_store: 1MB" });
  await using broker = await connect(server.url);
  const { jobs } = await broker.openRun("r", { partitions: 1 });
  const confirmed: number[] = [];
  const fill = async () => {
    for (let after = 0; confirmed.length < 10; confirmed.push(confirmed.length)) {
      after = await jobs.append(0, new Uint8Array(300_000).fill(confirmed.length), { after });
    }
  };
  await assertBrokerError(fill, "storage-full", "give it more disk or a higher limit");
  assertEquals((await Array.fromAsync(jobs.read(0))).map(({ data }) => data[0]), confirmed);
});

await testWithBroker("a message too large for the broker is said in one line", async () => {
  await using server = await startNats("max_payload: 1048576");
  await using broker = await connect(server.url);
  const { jobs } = await broker.openRun("r", { partitions: 1 });
  const append = () => jobs.append(0, new Uint8Array(2_000_000), { after: 0 });
  await assertBrokerError(append, "too-large", "raise max_payload of the broker");
});

await testWithBroker("an append goes on after the broker was killed and is back", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url, { answerMs: 300 });
  const { jobs } = await broker.openRun("r", { partitions: 1 });
  const first = await jobs.append(0, bytes("a"), { after: 0 });
  await server.kill();
  await assertBrokerError(() => jobs.last(0), "unreachable", "Reading r_jobs on nats://127.0.0.1:");
  const appended = jobs.append(0, bytes("b"), { after: first });
  await server.restart();
  assertEquals(await appended, first + 1);
  assertEquals((await Array.fromAsync(jobs.read(0))).map(({ data }) => text(data)), ["a", "b"]);
});

await testWithBroker(
  "an append that waits for a broker ends as the connection is closed, or as it is told to",
  async () => {
    await using server = await startNats();
    const broker = await connect(server.url, { answerMs: 300 });
    const { jobs } = await broker.openRun("r", { partitions: 1 });
    await server.kill();
    const leaving = new AbortController();
    const left = assertRejects(() => jobs.append(0, bytes("a"), { after: 0, signal: leaving.signal }), Error, "left");
    const closed = assertRejects(() => jobs.append(0, bytes("a"), { after: 0 }), BrokerError, "has been closed");
    leaving.abort(new Error("left"));
    await left;
    await broker.close();
    await closed;
  },
);
