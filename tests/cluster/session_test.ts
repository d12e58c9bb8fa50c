import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { Session, SessionLostError } from "../../lib/cluster/session.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";

const connect = (url: string) => Broker.connect(parseBrokerAddress(url), { answerMs: 300, liveTtlMs: 1_500 });

function clocks() {
  const time = { monotonic: 1_000, wall: 5_000_000 };
  const pass = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  return { pass, now: () => ({ ...time }) };
}

await testWithBroker("a session is renewed under its name, and leaves no key behind", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const { live } = await broker.openRun("r", { partitions: 1 });
  const { pass, now } = clocks();
  const session = new Session(live, { now });
  assertEquals(session.state, "gone");
  assertEquals(await session.renew(), 5_000);
  const { name } = session;
  session.check(name);
  assertEquals(await live.names(), [name]);
  pass(9_000);
  assertEquals(await session.renew(), 5_000);
  pass(9_000);
  session.check(name);
  assertEquals(session.name, name);
  await session.leave();
  assertThrows(() => session.check(name), SessionLostError);
  assertEquals([await live.get(name), await live.names()], [undefined, []]);
});

await testWithBroker(
  "a session whose key has gone goes on under a new name, and never brings the old one back",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const { live } = await broker.openRun("r", { partitions: 1 });
    const { now } = clocks(); // they stand, as a frozen process believes
    const session = new Session(live, { now });
    await session.renew();
    const { name } = session;
    while (await live.get(name)) await delay(100);
    assertEquals(await session.renew(), 0);
    assertThrows(() => session.check(name), SessionLostError);
    assertThrows(() => session.check(session.name), SessionLostError);
    assertEquals(await session.renew(), 5_000);
    assertNotEquals(session.name, name);
    assertEquals(await live.names(), [session.name]);
  },
);

await testWithBroker("a session that was without the broker for 15 s takes a new name without asking", async () => {
  await using server = await startNats();
  await using broker = await connect(server.url);
  const { live } = await broker.openRun("r", { partitions: 1 });
  const { pass, now } = clocks();
  const session = new Session(live, { now });
  await session.renew();
  const { name } = session;
  pass(15_000);
  assertEquals(session.state, "gone");
  assertEquals(await session.renew(), 5_000);
  assertNotEquals(session.name, name);
});

await testWithBroker(
  "a session outlives a broker that is away for a moment, and a renewal whose answer got lost",
  async () => {
    await using server = await startNats();
    await using broker = await connect(server.url);
    const { live } = await broker.openRun("r", { partitions: 1 });
    const { pass, now } = clocks();
    const session = new Session(live, { now });
    await session.renew();
    const { name } = session;
    server.signal("SIGSTOP"); // takes what is sent, and does it later
    assertEquals(await session.renew(), 1_000);
    pass(8_000);
    session.check(name);
    server.signal("SIGCONT");
    while (await session.renew() !== 5_000);
    assertEquals(session.name, name);
    pass(9_000);
    session.check(name);
  },
);
