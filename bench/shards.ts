/**
 * What saving to shards costs and brings: a million small files each by itself, in tars, and in WARC files.
 *
 *     deno task bench:shards                              1,000,000 files of 1 KB, each way once
 *     deno task bench:shards --files 100000 --repeats 3   fewer, and the ways by turns
 *
 * nginx answers every URL with the same bytes, so that nothing but downloading and saving is measured. What is there
 * afterwards is counted by Python's tarfile, which stops at anything that isn't a tar, and each name must be there once.
 * Needs Linux, GNU time, nginx and Python.
 *
 * @module
 */

import { CommandError } from "../lib/core/errors.ts";
import { HELP, integerFlag, textFlag } from "../lib/cli/flags.ts";
import { command } from "./command.ts";
import { freePort } from "./free_port.ts";
import { conditionsMarkdown, lookAround } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import { runMeasured, type Usage } from "./measured_process.ts";
import { DENO, installCommand, NGINX, type Program, TIME } from "./programs.ts";
import { startNginx } from "./servers/nginx.ts";
import { spread } from "./statistics.ts";
import { writeOrPrint } from "./write_file.ts";

const FLAGS = {
  files: integerFlag({ about: "files", min: 1, default: 1_000_000 }),
  bytes: integerFlag({ about: "bytes of each", min: 1, default: 1_000 }),
  repeats: integerFlag({ about: "rounds, in which each way is taken once", min: 1, default: 1 }),
  only: textFlag({ about: "these ways alone, for example tar,files; default: all", value: "LIST" }),
  folder: textFlag({ about: "where to save, a folder on the disk that is measured", value: "DIR", default: "/tmp" }),
  markdown: textFlag({ about: "write the table here", value: "FILE" }),
  help: HELP,
};

const PYTHON: Program = {
  name: "python3",
  version: ["python3", "--version"],
  install: ["apt-get", "install", "python3"],
};

const SCRIPT = new URL("../download.ts", import.meta.url).pathname;

/** Milliseconds after which a run counts as hung: a million files by themselves may take that long on a slow disk. */
const TIMEOUT_MS = 30 * 60_000;

/** The ways to save, by what they are called. */
const WAYS = {
  files: [],
  tar: ["--output-format=tar"],
  warc: ["--output-format=warc"],
} as const;

type Way = keyof typeof WAYS;

/** Counts members by another reader than ours, and looks whether a name comes twice. */
const COUNT = `
import tarfile, sys, glob
names, bodies, size = set(), 0, 0
for path in sorted(glob.glob(sys.argv[1] + "/*.tar")):
    with tarfile.open(path) as tar:
        for member in tar:
            assert member.name not in names, member.name
            names.add(member.name)
            bodies += not member.name.endswith(".json")
            tar.members = []
print(bodies, len(names))`;

interface Run extends Usage {
  /** Files in the output folder, and their bytes. */
  made: { files: number; bytes: number };
}

if (import.meta.main) Deno.exit(await main(Deno.args));

function main(args: readonly string[]): Promise<number> {
  const about = "Measures saving small files each by itself, in tars, and in WARC files.";
  return command(args, { task: "bench:shards", about, flags: FLAGS }, async (flags) => {
    const { conditions, missing } = await lookAround(new Set([TIME, NGINX, DENO, PYTHON]), "bench:shards");
    const needed = [TIME, NGINX, PYTHON].filter((program) => missing.has(program));
    if (needed.length) throw new CommandError(`not installed: ${needed.map(installCommand).join(" && ")}`);
    const folder = await Deno.makeTempDir({ dir: flags.folder, prefix: "bench-shards-" });
    try {
      const runs = await measure(folder, flags);
      await writeOrPrint([conditionsMarkdown(conditions), table(runs, flags.files)].join("\n\n"), flags.markdown);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    return 0;
  });
}

async function measure(
  folder: string,
  { files, bytes, repeats, only }: { files: number; bytes: number; repeats: number; only?: string },
): Promise<Map<Way, Run[]>> {
  const port = freePort();
  await Deno.mkdir(`${folder}/nginx`);
  await using _nginx = await startNginx({
    folder: `${folder}/nginx`,
    servers: [{
      port,
      directives: ["keepalive_requests 1000000", `return 200 "${"x".repeat(bytes)}"`],
    }],
  });
  const list = `${folder}/urls.txt`;
  using out = await Deno.create(list);
  for (let n = 0; n < files; n += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, files - n) },
      (_, i) => `http://127.0.0.1:${port}/${n + i}.txt\n`,
    );
    await out.write(new TextEncoder().encode(lines.join("")));
  }
  const ways = Object.keys(WAYS).filter((way) => only?.split(",").includes(way) ?? true);
  const runs = new Map<Way, Run[]>(ways.map((way) => [way as Way, []]));
  for (let round = 1; round <= repeats; round++) {
    for (const [way, done] of runs) {
      const run = await runOnce(way, { folder, list, files });
      console.error(`${way}, round ${round}: ${run.seconds.toFixed(1)} s`);
      done.push(run);
    }
  }
  return runs;
}

async function runOnce(
  way: Way,
  { folder, list, files }: { folder: string; list: string; files: number },
): Promise<Run> {
  const output = `${folder}/${way}`;
  try {
    const args = [Deno.execPath(), "run", "-A", "--quiet", SCRIPT, "--quiet", `--input=${list}`, `--output=${output}`];
    const ended = await runMeasured({ args: [...args, ...WAYS[way]] }, { folder, timeoutMs: TIMEOUT_MS });
    if (ended.code !== 0) throw new CommandError(`${way}: ${(ended.stderr || ended.stdout).trim().slice(-300)}`);
    const { seconds, cpuSeconds, peakMemoryBytes } = ended;
    return { seconds, cpuSeconds, peakMemoryBytes, made: await lookAt(output, way, files) };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

async function lookAt(output: string, way: Way, files: number): Promise<Run["made"]> {
  const made = { files: 0, bytes: 0 };
  for await (const { name, isFile } of Deno.readDir(output)) {
    if (!isFile) continue;
    made.files++;
    if (way !== "files") made.bytes += (await Deno.stat(`${output}/${name}`)).size;
  }
  if (way === "files" && made.files !== files) throw new CommandError(`there are ${made.files} files, not ${files}`);
  if (way !== "tar") return made;
  const counted = await new Deno.Command("python3", { args: ["-c", COUNT, output] }).output();
  const said = new TextDecoder().decode(counted.code === 0 ? counted.stdout : counted.stderr).trim();
  if (said !== `${files} ${2 * files}`) throw new CommandError(`Python finds in the tars: ${said}`);
  return made;
}

function table(runs: Map<Way, Run[]>, files: number): string {
  const rows = [...runs].map(([way, all]) => {
    const of = (pick: (run: Run) => number) => spread(all.map(pick)).median;
    return [
      way,
      of(({ seconds }) => seconds).toFixed(1),
      (files / of(({ seconds }) => seconds)).toFixed(0),
      (of(({ cpuSeconds }) => cpuSeconds) / files * 1e6).toFixed(0),
      (of(({ peakMemoryBytes }) => peakMemoryBytes) / 2 ** 20).toFixed(0),
      String(all[0].made.files),
      way === "files" ? "" : (all[0].made.bytes / 1e6).toFixed(0),
    ];
  });
  return markdownTable(["saved as", "s", "files/s", "CPU us/file", "MB of memory", "files made", "MB of them"], rows);
}
