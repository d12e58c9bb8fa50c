import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { endSignal, joinLocalBroker } from "../../lib/cluster/local_broker.ts";
import { openBroker } from "../../lib/cluster/open_broker.ts";
import { CommandError } from "../../lib/core/errors.ts";
import { testNeeding } from "../helpers/needs.ts";
import { testWithBroker } from "../helpers/nats_server.ts";

const test = await testNeeding("read", "write", "run", "env");

/** Gives a test a folder, and what was said. */
async function inFolder(
  fn: (join: () => ReturnType<typeof joinLocalBroker>, folder: string, said: string[]) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const said: string[] = [];
  try {
    await fn(
      () => joinLocalBroker({ folder: `${folder}/queue`, say: (line) => said.push(line) }),
      `${folder}/queue`,
      said,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("endSignal() is one that each system can send to another process", () => {
  assertEquals((["linux", "darwin", "windows"] as const).map(endSignal), ["SIGINT", "SIGINT", "SIGTERM"]);
});

const connect = (url: string) => openBroker(url, { say() {} });

const isListening = (url: string) =>
  Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) }).then((connection) => {
    connection.close();
    return true;
  }, () => false);

await testWithBroker(
  "whoever comes first starts this machine's broker, others join it, and the last one ends it",
  () =>
    inFolder(async (join, folder, said) => {
      const [one, other] = await Promise.all([join(), join()]); // at once
      assertEquals(one.url, other.url);
      const { port } = new URL(one.url);
      assertEquals(said, [
        `started nats-server on 127.0.0.1:${port}; its data is in ${folder}`,
        `joined the broker on 127.0.0.1:${port}`,
      ]);
      await using open = await connect(one.url);
      assertEquals((await open.broker.openRun("r", { partitions: 3 })).partitions, 3);
      await one[Symbol.asyncDispose]();
      assertEquals((await open.broker.openRun("r")).partitions, 3);
      await other[Symbol.asyncDispose]();
      assertEquals(await isListening(one.url), false);
    }),
);

await testWithBroker(
  "what this machine's broker has stored is there the next time, also after it was killed",
  () =>
    inFolder(async (join, folder) => {
      {
        await using one = await join();
        await using open = await connect(one.url);
        const run = await open.broker.openRun("r", { partitions: 1 });
        await run.jobs.append(0, new Uint8Array([7]), { after: 0 });
      }
      await using two = await join();
      const { pid } = JSON.parse(await Deno.readTextFile(`${folder}/broker.json`));
      Deno.kill(pid, "SIGKILL");
      while (await isListening(two.url));
      await using three = await join();
      assertNotEquals(two.url, three.url);
      await using open = await connect(three.url);
      const run = await open.broker.openRun("r");
      assertEquals((await run.jobs.last(0))?.data, new Uint8Array([7]));
    }),
);

await testWithBroker(
  "only its user can log in to this machine's broker, and it listens for nobody else",
  () =>
    inFolder(async (join, folder) => {
      await using one = await join();
      const { port } = new URL(one.url);
      await assertRejects(() => connect(`nats://127.0.0.1:${port}`), CommandError, "check the user, the password");
      if (Deno.build.os === "windows") return;
      for (const name of ["nats.conf", "broker.json"]) {
        assertEquals(((await Deno.stat(`${folder}/${name}`)).mode ?? 0o077) & 0o077, 0, name);
      }
      assertEquals(((await Deno.stat(folder)).mode ?? 0o077) & 0o077, 0);
    }),
);

await testWithBroker(
  "a file that names another broker, or none, doesn't keep this machine's from starting",
  () =>
    inFolder(async (join, folder) => {
      const stranger = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const greet = async () => {
        using connection = await stranger.accept();
        await connection.write(new TextEncoder().encode('INFO {"server_name":"another"}\r\n'));
      };
      const greeted = greet();
      await Deno.mkdir(folder);
      const { port } = stranger.addr as Deno.NetAddr;
      await Deno.writeTextFile(
        `${folder}/broker.json`,
        JSON.stringify({ name: "mine", token: "t", port, pid: Deno.pid }),
      );
      {
        await using one = await join();
        assertNotEquals(new URL(one.url).port, `${port}`);
      }
      await greeted;
      stranger.close();
      await Deno.writeTextFile(`${folder}/broker.json`, "{");
      await using one = await join();
      assert(await isListening(one.url));
    }),
);

test("without nats-server it is said how to install it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const join = () => joinLocalBroker({ folder, program: "no-such-nats-server", say() {} });
    const error = await assertRejects(join, CommandError, "apt install nats-server");
    assertEquals(error.exitCode, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
