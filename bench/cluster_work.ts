/**
 * What working through a broker costs one machine, and what further machines bring.
 *
 *     deno run -A bench/cluster_work.ts               50,000 files with --queue and without, 5 rounds; then 1 and 3 machines
 *     deno run -A bench/cluster_work.ts 10000 3       so many files, so many rounds
 *
 * The files come from nginx and go to memory. Machines are processes on this one, each with few requests in flight and many
 * hosts (ports) to ask, so that waiting is all that they do; their pages per second are what the hosts count while all of
 * them work. Needs Linux, GNU time, nginx, openssl and nats-server.
 *
 * @module
 */

import { startBroker } from "./cluster/broker.ts";
import { downloadOnce, MEMORY, rootOf } from "./files/download_once.ts";
import type { Downloader } from "./files/downloaders.ts";
import { makeFiles } from "./files/file_set.ts";
import { startFileServer } from "./files/nginx.ts";
import { conditionsMarkdown, lookAround } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import { DENO, NATS, NGINX, OPENSSL, TIME } from "./programs.ts";
import { inRounds } from "./rounds.ts";
import { pairedRatio, spread } from "./statistics.ts";

const [FILES = 50_000, ROUNDS = 5] = Deno.args.map(Number);

/** Hosts that machines ask, requests that each takes at once, and those that each machine has in flight at most. */
const [HOSTS, PER_HOST, IN_FLIGHT] = [48, 4, 40];

/** Milliseconds that a list takes to be published. */
const PUBLISH_MS = 3_000;

/** Milliseconds until all machines have their share, and that are counted then. */
const [SETTLE_MS, COUNT_MS] = [20_000, 20_000];

const DELAY_MS = 1_000;
const SCRIPT = new URL("../download.ts", import.meta.url).pathname;
const OURS = [Deno.execPath(), "run", "-A", "--quiet", SCRIPT, "--quiet"];
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The rows of the first table: seconds with a broker and without. */
async function measureCost(folder: string): Promise<string[][]> {
  const set = { name: "small" as const, files: FILES, bytes: 10_000 };
  await Deno.mkdir(rootOf(folder));
  await makeFiles(set, rootOf(folder));
  await Deno.mkdir(`${folder}/nginx`);
  await using nginx = await startFileServer(rootOf(folder), `${folder}/nginx`);
  let run = 0;
  const ours = (name: string, more: () => string[]): Downloader => ({
    name,
    about: "",
    needs: [],
    command: ({ list, output }) => ({ args: [...OURS, `--input=${list}`, `--output=${output}`, ...more()] }),
  });
  await using broker = await startBroker(await Deno.makeTempDir({ dir: folder }));
  const contestants = [
    ours("alone", () => []),
    ours("with --queue", () => [`--queue=${broker.url}`, `--run=r${run++}`]),
  ].map((downloader) => {
    const once = () => downloadOnce(downloader, set, { nginx, scheme: "http", folder });
    return { name: downloader.name, rounds: ROUNDS, warmUp: once, run: once };
  });
  const rows = await inRounds(contestants, console.error);
  const failed = rows.find(({ failure }) => failure !== undefined);
  if (failed) throw new Error(`${failed.peer}: ${failed.failure}`);
  const seconds = rows.map(({ runs }) => runs.map(({ seconds }) => seconds));
  return rows.map(({ peer, runs }, i) => {
    const { median, min, max } = spread(seconds[i]);
    return [
      peer,
      median.toFixed(2),
      `${min.toFixed(2)}-${max.toFixed(2)}`,
      (pairedRatio(seconds[i], seconds[0]) ?? NaN).toFixed(2),
      spread(runs.map(({ cpuSeconds }) => cpuSeconds)).median.toFixed(2),
      (spread(runs.map(({ peakMemoryBytes }) => peakMemoryBytes)).median / 2 ** 20).toFixed(0),
    ];
  });
}

/** Pages per second of so many machines, and the most that a host had at once. */
async function pagesPerSecond(machines: number, folder: string): Promise<{ rate: number; peak: number }> {
  await using broker = await startBroker(await Deno.makeTempDir({ dir: folder }));
  let answered = 0;
  let peak = 0;
  const hosts = Array.from({ length: HOSTS }, () => {
    let atOnce = 0;
    return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
      peak = Math.max(peak, ++atOnce);
      await wait(DELAY_MS);
      atOnce--;
      answered++;
      return new Response("page");
    });
  });
  const list = `${folder}/pages-${machines}.txt`;
  const urls = Array.from({ length: 200 * HOSTS }, (_, n) => `http://127.0.0.1:${hosts[n % HOSTS].addr.port}/${n}`);
  await Deno.writeTextFile(list, urls.join("\n"));
  const flags = [`--queue=${broker.url}`, "--concurrency", `${IN_FLIGHT}`];
  const start = (...more: string[]) => {
    const [program, ...args] = [...OURS, ...flags, ...more];
    return new Deno.Command(program, { args, stdout: "null", stderr: "inherit" }).spawn();
  };
  const children = [start(`--input=${list}`, `--per-host=${PER_HOST}`)];
  try {
    await wait(PUBLISH_MS); // there has to be a run before others can join
    while (children.length < machines) children.push(start());
    await wait(SETTLE_MS);
    const before = answered;
    await wait(COUNT_MS);
    return { rate: (answered - before) / (COUNT_MS / 1_000), peak };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ status }) => status));
    await Promise.all(hosts.map((host) => host.shutdown()));
  }
}

const { conditions } = await lookAround([DENO, TIME, NGINX, OPENSSL, NATS], "bench:cluster:work");
const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "bench-cluster-" });
try {
  const cost = await measureCost(folder);
  const one = await pagesPerSecond(1, folder);
  const three = await pagesPerSecond(3, folder);
  console.log(`# Working through a broker

Generated by \`deno task bench:cluster:work\`; don't edit.

${conditionsMarkdown(conditions)}

## ${FILES.toLocaleString("en")} files of 10 KB on one machine

The broker, the server and the machine share the cores.

${markdownTable(["", "s", "min-max", "ratio", "CPU s", "MB"], cost)}

## ${HOSTS} hosts that answer after ${
    DELAY_MS / 1_000
  } s, at most ${PER_HOST} requests at once to each, ${IN_FLIGHT} for a machine

${
    markdownTable(["machines", "pages per second", "ratio", "most at once to a host"], [
      ["1", one.rate.toFixed(1), "1.00", `${one.peak}`],
      ["3", three.rate.toFixed(1), (three.rate / one.rate).toFixed(2), `${three.peak}`],
    ])
  }`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
