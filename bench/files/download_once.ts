/**
 * One run of one program that downloads files, with what it used.
 *
 * @module
 */

import { runMeasured } from "../measured_process.ts";
import type { Downloader, FileTask } from "./downloaders.ts";
import { checkFiles, type FileSet, urlList } from "./file_set.ts";
import type { FileServer } from "./nginx.ts";
import type { FilesRun } from "./report.ts";

/** A folder in memory, so that no disk is measured. */
export const MEMORY = "/dev/shm";

/** Where files are served from, in the folder of a comparison. */
export const rootOf = (folder: string): string => `${folder}/root`;

/** Where a download comes from, and the folder that it may use. */
export interface Place {
  /** The server. */
  nginx: FileServer;
  /** Which of its ports. */
  scheme: "http" | "https";
  /** The folder of the comparison. */
  folder: string;
  /** What comes before the program in the command line. Default: nothing. */
  prefix?: string[];
  /** Milliseconds after which it counts as hung. Default: 120 s. */
  timeoutMs?: number;
}

/**
 * Lets a program download a set of files into a folder of its own, and checks every byte.
 *
 * @param downloader The program.
 * @param set The files, which are in the folder's root.
 * @param place Where they come from.
 * @throws {Error} If it fails, or if a file is wrong.
 */
export async function downloadOnce(downloader: Downloader, set: FileSet, place: Place): Promise<FilesRun> {
  const { nginx, scheme, folder, prefix = [], timeoutMs = 120_000 } = place;
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
    const { args, env } = await downloader.command(task);
    const before = await nginx.cpuSeconds();
    const ended = await runMeasured({ args: [...prefix, ...args], env }, { folder: work, timeoutMs });
    const { code, stdout, stderr, ...usage } = ended;
    const serverCpuSeconds = await nginx.cpuSeconds() - before;
    if (code !== 0) throw new Error(`Exit code ${code}: ${(stderr || stdout).trim().slice(-300)}`);
    await checkFiles(set, `${rootOf(folder)}/${set.name}.sha256`, task.output);
    return { ...usage, serverCpuSeconds };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
