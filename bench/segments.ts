/**
 * One large file over several connections, from nginx that gives each connection the same: what segments are for.
 *
 *     deno run -A bench/segments.ts              400 MB at 5 MB/s a connection, three rounds: about twelve minutes
 *     deno run -A bench/segments.ts 100 1 aria2c 100 MB, one round, only clients whose names have that in them
 *
 * Every client runs in turn, and each file is compared by its SHA-256 after the clock has stopped.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { HOSTNAME } from "../constants.ts";
import { content } from "../site/content.ts";
import { freePort } from "./free_port.ts";
import { markdownTable } from "./markdown.ts";
import { runMeasured } from "./measured_process.ts";
import { ARIA2, CURL, NGINX, TIME } from "./programs.ts";
import { startNginx } from "./servers/nginx.ts";
import { median } from "./statistics.ts";

const [MEGABYTES, ROUNDS] = [Number(Deno.args[0] ?? 400), Number(Deno.args[1] ?? 3)];
const ONLY = Deno.args[2] ?? "";
const PER_CONNECTION = 5_000_000;
const BYTES = MEGABYTES * 1e6;
const NAME = "file.bin";

/** How each client is started: what it downloads, and to which folder. */
type Client = [name: string, args: (url: string, folder: string) => string[]];

const ours = (...flags: string[]) => (url: string, folder: string) => [
  ...[Deno.execPath(), "run", "-A", "--quiet", new URL("../download.ts", import.meta.url).pathname],
  ...[url, "-o", folder, "--quiet", ...flags],
];
const aria2 = (...flags: string[]) => (url: string, folder: string) => [
  ...["aria2c", "--quiet", "--file-allocation=none", `--dir=${folder}`, ...flags, url],
];

const ALL: Client[] = [
  ["download", ours()],
  ["download --segments 4", ours("--segments", "4")],
  ["download --segments auto", ours("--segments", "auto")],
  ["curl", (url, folder) => ["curl", "--silent", "--fail", "-o", `${folder}/${NAME}`, url]],
  ["aria2c", aria2()],
  ["aria2c -x4 -s4", aria2("-x4", "-s4", "-k1M")],
];

const CLIENTS = ALL.filter(([name]) => name === "download" || name.includes(ONLY));

async function isInstalled({ version: [program, ...args] }: { version: string[] }): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

for (const program of [NGINX, TIME, CURL, ARIA2]) {
  if (await isInstalled(program)) continue;
  console.error(`${program.name} isn't installed: ${program.install.join(" ")}`);
  Deno.exit(1);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of (await Deno.open(path)).readable) hash.update(piece);
  return hash.digest("hex");
}

// In memory, so that no disk is measured
const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
try {
  await Deno.mkdir(`${folder}/root`);
  await Deno.chmod(folder, 0o755);
  {
    using file = await Deno.create(`${folder}/root/${NAME}`);
    for (let at = 0; at < BYTES; at += 4e6) file.writeSync(content(1, at, Math.min(4e6, BYTES - at)));
  }
  const expected = await sha256(`${folder}/root/${NAME}`);
  const port = freePort();
  await using _nginx = await startNginx({
    folder,
    hostname: HOSTNAME,
    directives: [`root ${folder}/root`, `limit_rate ${PER_CONNECTION}`],
    servers: [{ port, directives: [] }],
  });
  const url = `http://${HOSTNAME}:${port}/${NAME}`;
  const seconds = new Map<string, number[]>(CLIENTS.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, args] of CLIENTS) {
      const output = `${folder}/output`;
      await Deno.mkdir(output);
      const ended = await runMeasured({ args: args(url, output) }, { folder, timeoutMs: 600_000 });
      if (ended.code !== 0) throw new Error(`${name} ended with exit code ${ended.code}: ${ended.stderr}`);
      if (await sha256(`${output}/${NAME}`) !== expected) throw new Error(`${name} has saved other bytes`);
      await Deno.remove(output, { recursive: true });
      seconds.get(name)?.push(ended.seconds);
    }
  }
  const base = median(seconds.get("download") ?? []);
  console.log(`# One file over several connections

${MEGABYTES} MB over http from nginx that gives each connection ${
    PER_CONNECTION / 1e6
  } MB/s, ${ROUNDS} rounds; each file
compared by its SHA-256. Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores;
\`deno run -A bench/segments.ts ${MEGABYTES} ${ROUNDS}\`
`);
  console.log(markdownTable(
    ["client", "s", "min-max", "MB/s", "times as fast as one connection of ours"],
    CLIENTS.map(([name]) => {
      const all = seconds.get(name) ?? [];
      const middle = median(all);
      const spread = `${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)}`;
      return [name, middle.toFixed(2), spread, (MEGABYTES / middle).toFixed(1), (base / middle).toFixed(2)];
    }),
  ));
} finally {
  await Deno.remove(folder, { recursive: true });
}
