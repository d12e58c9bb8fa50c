/**
 * What a list of ten million URLs takes: memory, and time to the first request.
 *
 *     deno run -A bench/long_list.ts        about seven minutes, and 400 MB in the folder for temporary files
 *
 * All URLs are on one host. Where memory is measured, it refuses connections, so that hardly any URL is requested and all
 * pass through the list, the table of URLs and, with an output folder, the table of file names; where time is, it answers.
 * Needs Linux and GNU time.
 *
 * @module
 */

import { HOSTNAME } from "../constants.ts";
import { freePort } from "./free_port.ts";
import { markdownTable } from "./markdown.ts";
import { runMeasured } from "./measured_process.ts";

const URLS = Number(Deno.args[0] ?? 10_000_000);
const TIMEOUT_MS = 10 * 60_000;

/** The scripts, and the flag of a folder for those that save. */
const RUNS: [name: string, output: string[]][] = [
  ["download", []],
  ["download", ["--output"]],
  ["optimized", []],
  ["optimized", ["--output"]],
  ["async", []],
];

const scriptAt = (name: string) => new URL(`../${name}.ts`, import.meta.url).pathname;

async function writeList(path: string, port: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  for (let n = 0; n < URLS; n += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, URLS - n) },
      (_, k) => `http://${HOSTNAME}:${port}/${n + k}.bin`,
    );
    await writer.write(encoder.encode(lines.join("\n") + "\n"));
  }
}

/** Milliseconds from the start of a process to its first request; it is interrupted then. */
async function firstRequestMs(args: string[], port: number): Promise<number> {
  const first = Promise.withResolvers<number>();
  const server = Deno.serve({ hostname: HOSTNAME, port, onListen() {} }, () => {
    first.resolve(performance.now());
    return new Response();
  });
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
  const ms = await first.promise - start;
  child.kill("SIGINT");
  await child.status;
  await server.shutdown();
  return ms;
}

const folder = await Deno.makeTempDir();
try {
  const port = freePort();
  const list = `${folder}/list.txt`;
  await writeList(list, port);
  const rows: string[][] = [];
  for (const [name, output] of RUNS) {
    const into = () => output.flatMap((flag) => [flag, Deno.makeTempDirSync({ dir: folder })]);
    const args = ["run", "-A", "--quiet", scriptAt(name), "--quiet", "--input", list];
    const used = await runMeasured({ args: [Deno.execPath(), ...args, ...into()] }, { folder, timeoutMs: TIMEOUT_MS });
    if (used.code !== 1) throw new Error(`${name} ended with exit code ${used.code}: ${used.stderr.slice(-300)}`);
    const ms = await firstRequestMs([...args, ...into()], port);
    const what = [`${name}.ts`, ...output].join(" ");
    rows.push([what, (used.peakMemoryBytes / 2 ** 20).toFixed(0), used.seconds.toFixed(0), ms.toFixed(0)]);
  }
  console.log(`# A list of ${URLS.toLocaleString("en")} URLs

Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores; \`deno run -A bench/long_list.ts\`. The run's seconds
begin with about 16 until the host counts as down.
`);
  console.log(markdownTable(["command", "peak MiB", "s", "ms to the first request"], rows));
} finally {
  await Deno.remove(folder, { recursive: true });
}
