/** What a broker refuses, or can't do: one clear line, and nothing is lost. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Broker, type ConnectOptions } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress, readCredentialsFile } from "../../lib/cluster/broker_address.ts";
import { BrokerError } from "../../lib/cluster/broker_error.ts";
import { readOutcomes } from "../../lib/cluster/outcomes_log.ts";
import { publish } from "../../lib/cluster/publisher.ts";
import { RunView } from "../../lib/cluster/whole_run.ts";
import { done, expire, failed, machine } from "../helpers/run_machine.ts";
import { startNats, testWithBroker, withTlsNats } from "../helpers/nats_server.ts";

const connect = (url: string, options?: ConnectOptions) => Broker.connect(parseBrokerAddress(url), options);

/** Text that can't be deflated much. */
const noise = (length: number) =>
  Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 36).toString(36)).join("");

await testWithBroker(
  "a broker that takes only small messages is refused before anything begins, with what to do",
  async () => {
    await using server = await startNats("max_payload: 65536");
    const error = await assertRejects(() => connect(server.url), BrokerError);
    assertEquals(error.kind, "too-large");
    assertEquals(
      error.message,
      `The broker nats://127.0.0.1:${server.port} takes messages of at most 65536 bytes: ` +
        "raise its max_payload to 1 MB, which is its default",
    );
  },
);

await testWithBroker("outcomes that a full broker refuses are kept, and there once when it has more room", async () => {
  await using server = await startNats("", { store: "max_file_store: 200KB" });
  await using broker = await connect(server.url, { answerMs: 300 });
  const run = await broker.openRun("r", { partitions: 1 });
  await publish(run, Array.from({ length: 2_000 }, (_, at) => `http://a.example/${at}`));
  const one = await machine(run, [0]);
  for (let number = 0; number < 1_000; number++) one.writer(0).add(number, failed(number, { message: noise(500) }));
  const error = await assertRejects(() => one.flush(), BrokerError, "give it more disk or a higher limit");
  assertEquals(error.kind, "storage-full");
  const { unreported } = one.writer(0);
  const there = (await Array.fromAsync(readOutcomes(run))).flatMap(({ outcomes }) => outcomes);
  assertEquals(there.length + unreported.length, 1_000);

  await server.kill();
  await server.restart("max_file_store: 1GB");
  await expire(run, one.session.name);
  const two = await machine(run, [0]);
  for (const [number, outcome] of unreported) two.writer(0).add(number, outcome);
  await two.flush();
  const seen = await new RunView(run).look();
  assertEquals([seen.totals.failed, seen.found], [1_000, 2_000]);
});

await testWithBroker("a broker that closes connections which read too slowly is asked again", async () => {
  // 32 chunks are asked for at once, of which a few are more than it holds back for one connection
  await using server = await startNats('max_pending: 1048576\nwrite_deadline: "100ms"');
  await using broker = await connect(server.url, { answerMs: 500 });
  const run = await broker.openRun("r", { partitions: 32 });
  const urls = Array.from({ length: 400 }, (_, at) => `http://host${at}.example/${noise(60_000)}`);
  await publish(run, urls);
  assertEquals((await new RunView(run).look()).found, 400);
});

await testWithBroker(
  "a certificate that isn't trusted is said in one line, with the flag that names its authority",
  () =>
    withTlsNats("", async (server) => {
      const error = await assertRejects(() => connect(`tls://127.0.0.1:${server.port}`), BrokerError);
      assert(/^Connecting to the broker tls:.*invalid peer certificate: .*--cacert/.test(error.message), error.message);
      assertEquals(error.message.includes("\n"), false);
    }),
);

await testWithBroker("credentials that the broker doesn't know are said in one line", async () => {
  await using server = await startNats("authorization { user: me, password: secret }");
  const folder = await Deno.makeTempDir();
  try {
    // The example of NATS's own documentation
    const seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    const jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.c2ln";
    const part = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
    await Deno.writeTextFile(`${folder}/me.creds`, part("NATS USER JWT", jwt) + part("USER NKEY SEED", seed));
    const credentials = await readCredentialsFile(`${folder}/me.creds`);
    const error = await assertRejects(() => connect(server.url, { credentials }), BrokerError, "the credentials file");
    assertEquals(error.kind, "unauthorized");
    await assertRejects(() => readCredentialsFile(`${folder}/no.creds`), Error, "can't be read");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

await testWithBroker(
  "of partitions spread over several streams each keeps its own order, also for who joins",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const run = await broker.openRun("r", { partitions: 7, streams: 3 });
    const urls = Array.from({ length: 5_000 }, (_, at) => `http://host${at % 50}.example/${at}`);
    await publish(run, urls);
    await using other = await connect(server.url);
    const joined = await other.openRun("r", { partitions: 1, streams: 1 });
    const { writer, flush } = await machine(joined, [0, 1, 2, 3, 4, 5, 6]);
    for (const partition of joined.partitions === 7 ? [0, 1, 2, 3, 4, 5, 6] : []) {
      writer(partition).add(
        0,
        done(partition),
      );
    }
    await flush();
    const seen = await new RunView(run).look();
    assertEquals([seen.found, seen.totals.done, seen.isPublished], [5_000, 7, true]);
    assertEquals((await joined.outcomes.counts()).size, 7);
    await assertRejects(
      () => broker.openRun("s", { streams: 65 }),
      RangeError,
      "streams must be a whole number from 1 to 64",
    );
  },
);
