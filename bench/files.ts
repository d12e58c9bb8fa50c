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
import { command } from "./command.ts";
import { downloadOnce, MEMORY, rootOf } from "./files/download_once.ts";
import { DOWNLOADERS } from "./files/downloaders.ts";
import { type FileSet, makeFiles } from "./files/file_set.ts";
import { startFileServer } from "./files/nginx.ts";
import { publishFiles } from "./files/publish.ts";
import { filesMarkdown, type FilesResults } from "./files/report.ts";
import { install } from "./install.ts";
import { lookAround } from "./machine.ts";
import { installCommand, NGINX, OPENSSL, TIME } from "./programs.ts";
import { inRounds } from "./rounds.ts";

const FLAGS = {
  small: integerFlag({ about: "files of 10 KB; 0 for no such table", default: 10_000 }),
  large: integerFlag({ about: "files of 100 MB, which are there twice; 0 for no such table", default: 10 }),
  repeats: integerFlag({ about: "rounds", min: 1, default: 5 }),
  install: switchFlag({ about: "install the programs that are missing, with apt-get (as root)" }),
  markdown: textFlag({ about: "write the tables here", value: "FILE" }),
  json: textFlag({ about: "write everything that was measured here", value: "FILE" }),
  help: HELP,
};

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The command; returns its exit code: 0, 1 when a program failed or nothing can be measured, 2 for a bad command line. */
function main(args: readonly string[]): Promise<number> {
  const about =
    "Compares downloading files: download.ts, optimized.ts, curl, wget2 and aria2c against nginx, all in memory.";
  return command(args, { task: "bench:files", about, flags: FLAGS }, async (flags) => {
    const results = await measure(flags);
    return await publishFiles(results, filesMarkdown(results), flags);
  });
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
    ].filter(({ files }) => files > 0);
    const root = rootOf(folder);
    await Deno.mkdir(root);
    for (const set of sets) await makeFiles(set, root);
    const own = `${folder}/nginx`;
    await Deno.mkdir(own);
    await using nginx = await startFileServer(root, own);
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
