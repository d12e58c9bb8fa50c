/**
 * How long a command takes from its start to its first request, and what of that is Deno's own, and Node's.
 *
 *     deno run -A bench/start.ts                                     download.ts of this folder
 *     deno run -A bench/start.ts prefix/bin/download-stuff           what npm has installed there
 *     deno run -A bench/start.ts --rounds 31 prefix/bin/download-stuff
 *
 * In each round everything is started once, one after another, so that other load on the machine affects them all.
 *
 * @module
 */

import { markdownTable } from "./markdown.ts";
import { spread } from "./statistics.ts";

const [rounds, command] = readArgs(Deno.args);

function readArgs(args: string[]): [number, string[]] {
  if (args[0] === "--rounds") return [Number(args[1]), args.slice(2)];
  return [21, args];
}

/** A program that does nothing, to its end: what a runtime takes by itself. */
async function toEnd(program: string, args: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(program, { args, stdout: "null", stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return performance.now() - start;
}

let asked = Promise.withResolvers<number>();
await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
  asked.resolve(performance.now());
  return new Response("1");
});

/** A download, to its first request. */
async function toFirstRequest([program, ...args]: string[]): Promise<number> {
  asked = Promise.withResolvers();
  const start = performance.now();
  const url = `http://127.0.0.1:${server.addr.port}/1`;
  const child = new Deno.Command(program, { args: [...args, url, "--quiet"], stdout: "null", stderr: "inherit" })
    .spawn();
  const { success } = await child.status;
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return await asked.promise - start;
}

const empty = await Deno.makeTempFile({ suffix: ".ts" });
const own = [Deno.execPath(), "run", "-A", new URL("../download.ts", import.meta.url).pathname];
const measured: Record<string, () => Promise<number>> = {
  "node -e 0, to its end": () => toEnd("node", ["-e", "0"]),
  "deno run of an empty file, to its end": () => toEnd(Deno.execPath(), ["run", "-A", empty]),
  "deno run -A download.ts URL, to its request": () => toFirstRequest(own),
};
if (command.length) measured[`${command.join(" ")} URL, to its request`] = () => toFirstRequest(command);
try {
  const times = new Map(Object.keys(measured).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, measure] of Object.entries(measured)) {
      const ms = await measure();
      if (round >= 0) times.get(name)?.push(ms); // the first round fills caches
    }
  }
  console.log(`Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${rounds} rounds, ms\n`);
  console.log(markdownTable(
    ["what", "median", "least", "most"],
    [...times].map(([name, all]) => {
      const { median, min, max } = spread(all);
      return [name, median.toFixed(0), min.toFixed(0), max.toFixed(0)];
    }),
  ));
} finally {
  await Deno.remove(empty);
}
