/**
 * Compares downloading files from a server that is far away: a line with a round trip of 50 ms, between two network
 * namespaces of this machine.
 *
 *     deno task bench:far
 *     deno task bench:far --help
 *
 * It takes root, `ip` and TUN devices. The line is a program (link/relay.ts), since not every kernel has `tc netem`.
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
import { FAR_ADDRESS, type Link, openLink } from "./link/link.ts";
import { lookAround } from "./machine.ts";
import { CURL, DENO, installCommand, IPROUTE, NGINX, OPENSSL, TIME } from "./programs.ts";
import { inRounds } from "./rounds.ts";

/** Milliseconds under way in each direction: a round trip of 50 ms. */
const DELAY_MS = 25;
const BITS_PER_SECOND = 1e9;

/** Milliseconds after which a downloader counts as hung: a lossy line gives one connection about 350 KB/s. */
const TIMEOUT_MS = 590_000;

/** Those that a goal is about, and what they do otherwise. */
const PROGRAMS = DOWNLOADERS.filter(({ name }) => ["download", "optimized", "curl", "curl http1.1"].includes(name));

/** What a program warms up with. */
const ONE: FileSet = { name: "one", files: 1, bytes: 10_000 };

const ABOUT = [
  "nginx is at the far end of a line of 1 Gbit/s with a round trip of 50 ms: two network namespaces of this machine, and " +
  "a program between two TUN devices that delays every packet by 25 ms, queues for 50 ms at most, and where there is " +
  "loss drops packets at random, in both directions. It stands in for `tc netem`, which not every kernel has, and takes " +
  "CPU on the same cores. TCP is the kernel's, with CUBIC, and buffers of 32 MB.",
];

const FLAGS = {
  small: integerFlag({ about: "files of 10 KB, with 1 % of all packets lost; 0 for no such table", default: 10_000 }),
  large: integerFlag({ about: "files of 100 MB, with none lost; 0 for no such table", default: 1 }),
  repeats: integerFlag({ about: "rounds", min: 1, default: 5 }),
  install: switchFlag({ about: "install the programs that are missing, with apt-get (as root)" }),
  markdown: textFlag({ about: "write the tables here", value: "FILE" }),
  json: textFlag({ about: "write everything that was measured here", value: "FILE" }),
  help: HELP,
};

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The command; returns its exit code: 0, 1 when a program failed or nothing can be measured, 2 for a bad command line. */
function main(args: readonly string[]): Promise<number> {
  const about = "Compares downloading files from a server that is 50 ms away.";
  return command(args, { task: "bench:far", about, flags: FLAGS }, async (flags) => {
    const results = await measure(flags);
    const report = { title: "Files from far away", task: "bench:far", about: ABOUT, programs: PROGRAMS };
    return await publishFiles(results, filesMarkdown(results, report), flags);
  });
}

interface Wanted {
  small: number;
  large: number;
  repeats: number;
  install: boolean;
}

async function measure(wanted: Wanted): Promise<FilesResults> {
  const programs = new Set([TIME, NGINX, OPENSSL, IPROUTE, DENO, CURL]);
  if (wanted.install) await install(programs);
  const { conditions, missing } = await lookAround(programs, "bench:far");
  if (missing.size) throw new CommandError(`not installed: ${[...missing].map(installCommand).join(" && ")}`);
  if (Deno.uid() !== 0) throw new CommandError("can't measure here: it takes root to make network namespaces");

  const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "bench-far-" });
  try {
    await Deno.mkdir(rootOf(folder));
    await makeFiles(ONE, rootOf(folder));
    const tables: FilesResults["tables"] = [];
    const sets = [
      { set: { name: "small", files: wanted.small, bytes: 10_000 }, loss: 0.01, line: "50 ms, 1 % loss" },
      { set: { name: "large", files: wanted.large, bytes: 100_000_000 }, loss: 0, line: "50 ms, 1 Gbit/s" },
    ].filter(({ set }) => set.files > 0);
    for (const { set, loss, line } of sets) {
      await makeFiles(set, rootOf(folder));
      await using link = await openLink({ delayMs: DELAY_MS, loss, bitsPerSecond: BITS_PER_SECOND });
      console.error(`${set.files} files of ${set.bytes} bytes over https, ${line}`);
      tables.push({ set, scheme: "https", line, rows: await overLine(link, set, { folder, repeats: wanted.repeats }) });
    }
    return { conditions, tables, leftOut: [] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function overLine(link: Link, set: FileSet, { folder, repeats }: { folder: string; repeats: number }) {
  const own = await Deno.makeTempDir({ dir: folder });
  await using nginx = await startFileServer(rootOf(folder), own, { hostname: FAR_ADDRESS, prefix: link.far });
  await answers(link, nginx.urls.http);
  const place = { nginx, scheme: "https", folder, prefix: link.near, timeoutMs: TIMEOUT_MS } as const;
  return await inRounds(
    PROGRAMS.map((program) => ({
      name: program.name,
      rounds: repeats,
      warmUp: () => downloadOnce(program, ONE, place), // the whole set would take minutes
      run: () => downloadOnce(program, set, place),
    })),
    console.error,
  );
}

/** Waits until the server answers at the near end of the line. */
async function answers({ near: [command, ...args] }: Link, url: string): Promise<void> {
  const asking = ["curl", "--silent", "--output", "/dev/null", "--retry", "20", "--retry-connrefused", url];
  const { success } = await new Deno.Command(command, { args: [...args, ...asking], stdin: "null" }).output();
  if (!success) throw new Error("nginx doesn't answer over the line");
}
