/** What `kill -9` costs a file that comes in segments. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { content } from "../../site/content.ts";
import { bytesDescribed, describedFrom, until } from "../helpers/described.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type Asked, RangeServer, type Reply, sendAll } from "../helpers/range_server.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SIZE = 16_000_000;
const FILE = content(1, 0, SIZE);

function start(url: string, output: string): Deno.ChildProcess {
  const tool = new URL("../../download.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", tool, url, "-o", output, "--segments", "4", "--quiet"];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
}

/** Runs with a server and a folder. */
async function inFolder(
  answer: (asked: Asked) => Reply,
  work: (server: RangeServer, output: string) => Promise<void>,
): Promise<void> {
  await using server = await RangeServer.start(FILE, answer);
  const output = await Deno.makeTempDir();
  try {
    await work(server, output);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

/** Whether the file is there; it must be right then. */
function isThere(output: string): boolean {
  const names = [...Deno.readDirSync(output)].filter(({ isFile }) => isFile).map(({ name }) => name);
  if (names.length === 0) return false;
  assertEquals(names, ["file.bin"]);
  const file = Deno.readFileSync(`${output}/file.bin`);
  assertEquals(Buffer.compare(file, FILE), 0, "a file that is there is right");
  return true;
}

test("after kill -9, at most 1 MiB of each segment is fetched again", async () => {
  let kills = 0;
  const SENT = 1_900_000;
  await inFolder(({ until }) => ({
    // Each segment has brought as much, and then nothing more
    send: kills > 0 ? sendAll : (socket, body) => void until(4).then(() => socket.write(body.subarray(0, SENT))),
  }), async (server, output) => {
    const child = start(server.url, output);
    const isDescribed = (from: number) => describedFrom(output, from) >= SENT - 2 ** 20;
    await until(() => server.asked.length === 4 && server.ranges.every((range) => isDescribed(range?.from ?? 0)));
    child.kill("SIGKILL");
    await child.status;
    kills++;
    const before = server.asked.slice();
    assertEquals(isThere(output), false);
    assert((await start(server.url, output).status).success);
    assert(isThere(output));
    const starts = server.ranges.slice(before.length).map((range) => range?.from ?? 0).sort((a, b) => a - b);
    const segments = before.map(({ range }) => range?.from ?? 0).sort((a, b) => a - b);
    for (const at of segments) {
      const again = starts.find((from) => from >= at) ?? SIZE;
      assert(at + SENT - again <= 2 ** 20, `of the segment at ${at}, ${at + SENT - again} bytes came again`);
    }
  });
});

test("a file in segments whose run is killed again and again is never there with wrong bytes", async () => {
  await inFolder(() => ({
    async send(socket, body) {
      for (let at = 0; at < body.length && !socket.destroyed; at += 65_536) {
        socket.write(body.subarray(at, at + 65_536));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      socket.end();
    },
  }), async (server, output) => {
    let had = 0;
    for (let kills = 0; kills < 6; kills++) {
      const asked = server.asked.length;
      const child = start(server.url, output);
      while (server.asked.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      child.kill("SIGKILL");
      await child.status;
      if (isThere(output)) break;
      const has = bytesDescribed(output);
      assert(has >= had || had < 2 ** 20, `${has} bytes are there, and ${had} were`);
      had = has;
    }
    assert((await start(server.url, output).status).success);
    assert(isThere(output));
  });
});
