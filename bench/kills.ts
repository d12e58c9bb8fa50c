/**
 * What `kill -9` costs: runs of 2,000 files are killed at random moments and resumed, and everything is counted.
 *
 *     deno run -A bench/kills.ts        100 kills: about three minutes
 *     deno run -A bench/kills.ts 10
 *
 * Each kill has a folder of its own. After it, every file in the folder has to be whole, byte for byte; the same command
 * again has to end with exit code 0 and all 2,000. Requests beyond one per file were downloads made twice.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { content, contentKey } from "../site/content.ts";
import { markdownTable } from "./markdown.ts";
import { startOurs } from "./server_process.ts";
import { median } from "./statistics.ts";

const KILLS = Number(Deno.args[0] ?? 100);
const FILES = 2_000;
const SCRIPT = new URL("../download.ts", import.meta.url).pathname;

/** Every fiftieth is of a size that is continued when it broke off. */
const bytesOf = (n: number): number => n % 50 === 0 ? 2_000_000 : 20_000;

function start(folder: string): Deno.ChildProcess {
  const args = ["run", "-A", "--quiet", SCRIPT, "--quiet", "--input", `${folder}/list.txt`, "--output"];
  return new Deno.Command(Deno.execPath(), { args: [...args, `${folder}/files`], stdout: "null" }).spawn();
}

/** Looks at every file that is there: how many are what the server sent, and how many are not. */
async function look(folder: string): Promise<{ right: number; wrong: number }> {
  const seen = { right: 0, wrong: 0 };
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile) continue;
      const body = await Deno.readFile(`${folder}/${name}`);
      const isRight = Buffer.compare(body, content(contentKey(name, 0), 0, bytesOf(Number(name)))) === 0;
      seen[isRight ? "right" : "wrong"]++;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // killed before it had made the folder
  }
  return seen;
}

await using server = await startOurs({ trials: FILES, delayMs: 0, bytes: 0, http1: false });
const urls = Array.from({ length: FILES }, (_, n) => `${server.url}${n}?numbytes=${bytesOf(n)}`);

/** Runs the command to its end, or to a kill and then again to its end, and looks at what is there after each. */
async function round(killAfterMs?: number) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/list.txt`, urls.join("\n"));
    const began = performance.now();
    const child = start(folder);
    const kill = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    const first = await child.status;
    clearTimeout(kill); // it may have ended by itself
    const ms = performance.now() - began;
    const killed = await look(`${folder}/files`);
    const { code } = killAfterMs === undefined ? first : await start(folder).status;
    const ended = await look(`${folder}/files`);
    return { ms, killed, ended, code, twice: (await server.takeStats()).requests - FILES };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await server.takeStats();
await round(); // not measured: the server makes every body once
const { ms } = await round();
const rounds: Awaited<ReturnType<typeof round>>[] = [];
for (let kill = 0; kill < KILLS; kill++) rounds.push(await round(Math.random() * ms));

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0).toLocaleString("en");
const spread = (numbers: number[]) => [Math.min(...numbers), median(numbers), Math.max(...numbers)].join(", ");
const there = rounds.map(({ killed }) => killed.right);
const twice = rounds.map(({ twice }) => twice);
const wrong = rounds.map(({ killed, ended }) => killed.wrong + ended.wrong);
const missing = rounds.map(({ ended }) => FILES - ended.right);
const failed = rounds.filter(({ code }) => code !== 0).length;
console.log(`# Killed and resumed

${KILLS} runs of ${FILES.toLocaleString("en")} files (20 KB, every fiftieth 2 MB), each killed with SIGKILL at a random
moment of the ${(ms / 1_000).toFixed(1)} s that a whole run takes, and resumed by the same command.

Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores; \`deno run -A bench/kills.ts ${KILLS}\`
`);
console.log(markdownTable(["what", "how many"], [
  ["killed with some files there, but not all", String(there.filter((files) => files > 0 && files < FILES).length)],
  ["files there when it was killed: least, median, most", spread(there)],
  ["files that weren't what the server sent, after the kill and in the end", sum(wrong)],
  ["files missing in the end", sum(missing)],
  ["second runs that didn't exit with 0", String(failed)],
  ["requests above one a file, in both runs together: least, median, most", spread(twice)],
  ["the same, of all runs together", sum(twice)],
]));
if (rounds.some(({ code, ended }, at) => code !== 0 || ended.right < FILES || wrong[at] > 0)) Deno.exit(1);
