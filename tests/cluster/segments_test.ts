/** Segments in a run on many machines: each machine has its own, within the run's limits. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { content } from "../../site/content.ts";
import { startMachine } from "../helpers/cluster.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";
import { RangeServer, sendWith } from "../helpers/range_server.ts";

const FILE = content(1, 0, 12_000_000);

await testWithBroker("a machine of a run fetches a file in segments, within the run's --per-host", async () => {
  await using server = await RangeServer.start(FILE, ({ until }) => ({ send: sendWith(65_536, () => until(3)) }));
  await using nats = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "segments" });
  try {
    await Deno.writeTextFile(`${folder}/urls.txt`, server.url);
    await Deno.mkdir(`${folder}/files`);
    const machine = startMachine({
      settings: { goneMs: 3_000 },
      args: [
        ...["--queue", nats.url, "--partitions", "4", "--json", "--per-host", "3", "--segments", "8"],
        ...["--input", `${folder}/urls.txt`, "--output", `${folder}/files`],
      ],
      folder: `${folder}/files`,
    });
    const { code } = await machine.ended;
    assertEquals([code, server.peak], [0, 3], machine.said);
    assert(Buffer.compare(Deno.readFileSync(`${folder}/files/file.bin`), FILE) === 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
