/**
 * Compares downloading files: download.ts, optimized.ts, curl, wget2 and aria2c against Debian's nginx, everything in memory.
 *
 *     deno task bench:files
 *     deno task bench:files --help
 *
 * README.md beside this file says what is measured and how.
 *
 * @module
 */

import { CommandError } from "../lib/core/errors.ts";
import { HELP, integerFlag, switchFlag, textFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { DOWNLOADERS, type FileTask } from "./files/downloaders.ts";
import { checkFiles, type FileSet, makeFiles, urlList } from "./files/file_set.ts";
import { filesMarkdown, type FilesResults, type FilesRun } from "./files/report.ts";
import { startNginx } from "./files/nginx.ts";
import { install } from "./install.ts";
import { lookAround } from "./machine.ts";
import { runMeasured } from "./measured_process.ts";
import { installCommand, NGINX, OPENSSL, TIME } from "./programs.ts";
import { inRounds } from "./rounds.ts";
import { writeFile } from "./write_file.ts";

/** A folder in memory, so that no disk is measured. */
const MEMORY = "/dev/shm";

/** Where files are served from, in the folder of a comparison. */
const rootOf = (folder: string) => `${folder}/root`;

/** Milliseconds after which a downloader counts as hung. */
const TIMEOUT_MS = 120_000;

const FLAGS = {
  small: integerFlag({ about: "files of 10 KB", min: 1, default: 10_000 }),
  large: integerFlag({ about: "files of 100 MB; they are there twice", min: 1, default: 10 }),
  repeats: integerFlag({ about: "rounds", min: 1, default: 5 }),
  install: switchFlag({ about: "install the programs that are missing, with apt-get (as root)" }),
  markdown: textFlag({ about: "write the tables here", value: "FILE" }),
  json: textFlag({ about: "write everything that was measured here", value: "FILE" }),
  help: HELP,
};

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The command; returns its exit code: 0, 1 when a program failed or nothing can be measured, 2 for a bad command line. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(args, FLAGS);
    if (flags.help) {
      const about =
        "Compares downloading files: download.ts, optimized.ts, curl, wget2 and aria2c against nginx, all in memory.";
      console.log(helpText({ usage: "deno task bench:files [flags]", about, flags: FLAGS }));
      return 0;
    }
    const results = await measure(flags);
    if (flags.json) await writeFile(flags.json, JSON.stringify(results, null, 2) + "\n");
    const markdown = filesMarkdown(results);
    if (flags.markdown) await writeFile(flags.markdown, markdown + "\n");
    else console.log(markdown);
    return results.tables.some(({ rows }) => rows.some(({ failure }) => failure)) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`bench:files: ${error.message}`);
    return error.exitCode;
  }
}

interface Wanted {
  small: number;
  large: number;
  repeats: number;
  install: boolean;
}

async function measure(wanted: Wanted): Promise<FilesResults> {
  const programs = new Set([TIME, NGINX, OPENSSL, ...DOWNLOADERS.flatMap(({ needs }) => needs)]);
  if (wanted.install) await install(programs);
  const { conditions, missing } = await lookAround(programs, "bench:files");
  const needed = [TIME, NGINX, OPENSSL].filter((program) => missing.has(program));
  if (needed.length) throw new CommandError(`not installed: ${needed.map(installCommand).join(" && ")}`);

  const leftOut: FilesResults["leftOut"] = [];
  const able = DOWNLOADERS.filter(({ name, needs }) => {
    const absent = needs.filter((program) => missing.has(program));
    if (absent.length) {
      leftOut.push({ peer: name, why: `not installed; \`${absent.map(installCommand).join(" && ")}\`` });
    }
    return absent.length === 0;
  });

  const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "bench-files-" });
  try {
    const sets: FileSet[] = [
      { name: "small", files: wanted.small, bytes: 10_000 },
      { name: "large", files: wanted.large, bytes: 100_000_000 },
    ];
    const root = rootOf(folder);
    await Deno.mkdir(root);
    for (const set of sets) await makeFiles(set, root);
    const own = `${folder}/nginx`;
    await Deno.mkdir(own);
    await using nginx = await startNginx(root, own);
    const tables: FilesResults["tables"] = [];
    for (const set of sets) {
      for (const scheme of ["http", "https"] as const) {
        console.error(`${set.files} files of ${set.bytes} bytes over ${scheme}`);
        const contestants = able.map((downloader) => ({
          name: downloader.name,
          rounds: wanted.repeats,
          warmUp: () => downloadOnce(downloader, set, { nginx, scheme, folder }),
          run: () => downloadOnce(downloader, set, { nginx, scheme, folder }),
        }));
        tables.push({ set, scheme, rows: await inRounds(contestants, console.error) });
      }
    }
    return { conditions, tables, leftOut };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where a download comes from, and the folder that it may use. */
interface Place {
  nginx: Awaited<ReturnType<typeof startNginx>>;
  scheme: "http" | "https";
  folder: string;
}

/** Lets a program download a set of files into a folder of its own, and checks every byte. */
async function downloadOnce(
  downloader: typeof DOWNLOADERS[number],
  set: FileSet,
  { nginx, scheme, folder }: Place,
): Promise<FilesRun> {
  const work = await Deno.makeTempDir({ dir: folder });
  try {
    const list = urlList(set, nginx.urls[scheme]);
    const task: FileTask = {
      urls: list.trim().split("\n"),
      list: `${work}/urls.txt`,
      output: `${work}/output`,
      certificate: nginx.certificate,
      folder: work,
    };
    await Deno.writeTextFile(task.list, list);
    await Deno.mkdir(task.output);
    const command = await downloader.command(task);
    const before = await nginx.cpuSeconds();
    const { code, stdout, stderr, ...usage } = await runMeasured(command, {
      folder: work,
      timeoutMs: TIMEOUT_MS,
    });
    const serverCpuSeconds = await nginx.cpuSeconds() - before;
    if (code !== 0) throw new Error(`Exit code ${code}: ${(stderr || stdout).trim().slice(-300)}`);
    await checkFiles(set, `${rootOf(folder)}/${set.name}.sha256`, task.output);
    return { ...usage, serverCpuSeconds };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
