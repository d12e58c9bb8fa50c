/** What docs/cluster.md and README.md say of runs on many machines is run, or compared with what is there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_CHUNK_CHARACTERS } from "../../lib/cluster/chunk.ts";
import { Lease } from "../../lib/cluster/lease.ts";
import { PARTITIONS, streamsFor } from "../../lib/cluster/run_shape.ts";
import { testNeeding } from "../helpers/needs.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const test = await testNeeding("read");

const ROOT = new URL("../../", import.meta.url);
const SITE = "http://127.0.0.1:8000/";
const BROKER = "nats://broker:4222";

const read = (page: string) => Deno.readTextFileSync(new URL(page, ROOT));

/** The commands of a page's shell blocks that this test runs, one block after another. */
function commands(page: string, isOurs: (block: string) => boolean): string[] {
  const blocks = [...read(page).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text).filter(isOurs);
  return blocks.flatMap((block) => block.trim().split("\n")).map((line) => line.replace(/\s+#.*/, ""));
}

/** Runs commands one after another, as somebody would who pastes them. */
async function paste(lines: string[]): Promise<string[]> {
  await using site = await spawnServer(["--delay", "10ms"]);
  await using nats = await startNats();
  const cwd = await Deno.makeTempDir();
  const said: string[] = [];
  try {
    for (const line of lines.filter((line) => line !== "nats-server -js")) {
      const command = line.replaceAll(SITE, site.url).replaceAll(BROKER, nats.url).replace(
        /^deno /,
        `"${Deno.execPath()}" `,
      )
        .replace("download.ts", new URL("download.ts", ROOT).pathname);
      const env = { XDG_STATE_HOME: `${cwd}/state` };
      const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command], cwd, env }).output();
      assert(success, `${line}: ${new TextDecoder().decode(stderr)}`);
      said.push(new TextDecoder().decode(stdout).trimEnd());
    }
    assertEquals([...Deno.readDirSync(`${cwd}/files`)].filter(({ isFile }) => isFile).length, 200);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
  return said;
}

await testWithBroker("docs/cluster.md has commands that do what it says, one after another", async () => {
  const lines = commands("docs/cluster.md", () => true);
  const said = await paste(lines);
  assert(said.length >= 8);
  const at = (command: string) => said[lines.filter((line) => line !== "nats-server -js").indexOf(command)];
  assertStringIncludes(at("deno run -A download.ts --queue local -o more"), "200 of 200 downloaded");
  for (const queue of ["local", BROKER]) {
    assertStringIncludes(at(`deno run -A download.ts --queue ${queue} --status`), "run default  finished  200 of 200");
  }
});

await testWithBroker("README.md has commands for a run on many machines that do what it says", async () => {
  const lines = commands("README.md", (block) => block.includes("--queue"));
  assert(lines.length >= 2);
  const list = `curl -s "${SITE}urls?count=200&numbytes=10000" -o urls.txt`;
  assertStringIncludes((await paste([list, ...lines])).join("\n"), "200 of 200 downloaded");
});

test("docs/cluster.md gives the numbers that are in the code", () => {
  const page = read("docs/cluster.md");
  let ms = 0;
  const lease = new Lease(() => ({ monotonic: ms, wall: ms }));
  lease.confirmed({ monotonic: 0, wall: 0 });
  const states = [9_999, 10_000, 12_999, 13_000, 15_000].map((at) => (ms = at, lease.state));
  assertEquals(states, ["held", "draining", "draining", "aborted", "gone"]);
  assertStringIncludes(page, "it starts nothing after 10 s and aborts after 13; others take over after 15");
  assertStringIncludes(page, `(default: ${PARTITIONS})`);
  assertEquals([streamsFor(1_024), streamsFor(1_025), streamsFor(4_096)], [1, 2, 4]);
  assertStringIncludes(page, "a stream for each 1,024 partitions");
  assert(3 * MAX_CHUNK_CHARACTERS < 1_048_576, "a chunk goes into a message of a broker's default");
});
