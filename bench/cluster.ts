/**
 * What a list of millions of URLs takes to be published for a run on many machines: time, memory, disk.
 *
 *     deno run -A bench/cluster.ts                 10,000,000 URLs in 256 partitions
 *     deno run -A bench/cluster.ts 1000000 1024 4  so many URLs, partitions, streams
 *
 * The broker runs on the same machine, in a process of its own with a folder of its own. The list is a file, read as
 * download.ts reads it. In the end the whole run is looked at once, as `--status` does. Needs Linux, GNU time and
 * nats-server.
 *
 * @module
 */

import { startBroker } from "./cluster/broker.ts";
import { markdownTable } from "./markdown.ts";
import { lookAround } from "./machine.ts";
import { runMeasured } from "./measured_process.ts";
import { DENO, NATS } from "./programs.ts";

const [URLS = 10_000_000, PARTITIONS = 256, STREAMS = 1] = Deno.args.map(Number);
const HOSTS = 5_003;
const OUTCOMES = 256_000;
const TIMEOUT_MS = 10 * 60_000;

const script = (name: string) => new URL(`cluster/${name}.ts`, import.meta.url).pathname;

async function writeList(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  for (let n = 0; n < URLS; n += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, URLS - n) }, (_, k) => {
      const at = n + k;
      return `http://host${at * 7_919 % HOSTS}.example/files/${Math.floor(at / 1_000)}/${at}.bin`;
    });
    await writer.write(encoder.encode(lines.join("\n") + "\n"));
  }
}

/** Bytes of all files in a folder. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    bytes += isDirectory ? await bytesIn(`${folder}/${name}`) : (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}

async function peakBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const folder = await Deno.makeTempDir();
const { conditions } = await lookAround([DENO, NATS], "bench:cluster");
const list = `${folder}/list.txt`;
await writeList(list);
try {
  await using broker = await startBroker(folder);
  const ours = (name: string, ...args: string[]) =>
    runMeasured({ args: [Deno.execPath(), "run", "-A", "--quiet", script(name), broker.url, ...args] }, {
      folder,
      timeoutMs: TIMEOUT_MS,
    });
  const published = await ours("publish_list", list, `${PARTITIONS}`, `${STREAMS}`);
  if (published.code !== 0) throw new Error(`publishing ended with ${published.code}: ${published.stderr.slice(-500)}`);
  const { downloads, seconds } = JSON.parse(published.stdout);
  const stored = await bytesIn(`${folder}/store`);
  const appended = await ours("append_outcomes", `${OUTCOMES}`);
  if (appended.code !== 0) throw new Error(`appending ended with ${appended.code}: ${appended.stderr.slice(-500)}`);
  const outcomes = JSON.parse(appended.stdout);
  const perOutcome = (await bytesIn(`${folder}/store`) - stored) / outcomes.outcomes;
  const looked = await ours("look_at_run");
  if (looked.code !== 0) throw new Error(`looking ended with ${looked.code}: ${looked.stderr.slice(-500)}`);
  const seen = JSON.parse(looked.stdout);
  if (downloads !== URLS || seen.found !== URLS) throw new Error(`${downloads} published, ${seen.found} found`);
  console.log(`# ${URLS.toLocaleString("en")} URLs published

- ${conditions.date}, by \`${conditions.command}\`
- ${conditions.cores} cores (${conditions.processor}), shared by publisher and broker; load average before ${
    conditions.loadAverage.toFixed(2)
  }
- deno ${conditions.versions.deno}, nats-server ${conditions.versions["nats-server"]}; ${
    HOSTS.toLocaleString("en")
  } hosts
`);
  console.log(markdownTable(["what", "figure"], [
    ["partitions, streams", `${PARTITIONS}, ${STREAMS}`],
    ["seconds", seconds.toFixed(1)],
    ["URLs per second", Math.round(downloads / seconds).toLocaleString("en")],
    ["CPU seconds of the publisher", published.cpuSeconds.toFixed(1)],
    ["peak memory of the publisher, MiB", mebibytes(published.peakMemoryBytes)],
    ["peak memory of the broker, MiB", mebibytes(await peakBytes(broker.pid))],
    ["on the broker's disk, MB", (stored / 1e6).toFixed(0)],
    ["bytes per URL there", (stored / downloads).toFixed(1)],
    [
      "outcomes appended per second by one machine",
      Math.round(outcomes.outcomes / outcomes.seconds).toLocaleString("en"),
    ],
    ["CPU seconds of that, for 256,000 outcomes", appended.cpuSeconds.toFixed(1)],
    ["bytes per outcome", perOutcome.toFixed(1)],
    ["seconds of a first look at the run", seen.firstSeconds.toFixed(2)],
    ["seconds of a further look", seen.nextSeconds.toFixed(2)],
    ["direct gets per second, one connection", Math.round(seen.getsPerSecond).toLocaleString("en")],
  ]));
} finally {
  await Deno.remove(folder, { recursive: true });
}
