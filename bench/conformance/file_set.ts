/**
 * Files of many sizes: those at which readers of frames, records and buffers go wrong, some large ones, and many small ones.
 *
 * @module
 */

import { Seeded } from "../../tasks/seeded.ts";

/** Files in a folder, with their digests. */
export interface FileSet {
  /** The folder. */
  root: string;
  /** SHA-256 in hexadecimal digits, by file name. */
  digests: Map<string, string>;
  /** All their bytes. */
  bytes: number;
}

/** Around a frame of HTTP/2, a record of TLS, the window it starts with, a buffer, and what is continued when it breaks off. */
const EDGES = [1_024, 16_384, 32_768, 65_535, 65_536, 131_072, 1_048_576]
  .flatMap((size) => [size - 1, size, size + 1]);

/** Larger files than the small ones: their number in a thousand, and the part of the largest size that they have. */
const LARGE = [[1, 1], [1, 0.2], [2, 0.1], [4, 0.02], [12, 0.01]] as const;

/** Bytes of the small files at most. */
const SMALL = 65_536;

/** Every so many files one is text, which servers compress. */
const TEXT_EVERY = 4;

/**
 * Sizes of files.
 *
 * @param files How many.
 * @param most Bytes of the largest.
 * @returns As many sizes: 0, the edges, a few large ones, and small ones, in an order that mixes them.
 */
export function fileSizes(files: number, most: number): number[] {
  const chance = new Seeded(files);
  const sizes = [most, 0, 1, 2, ...EDGES.filter((size) => size < most)];
  for (const [number, part] of LARGE) {
    for (let n = 0; n < Math.floor(number * Math.min(files, 1_000) / 1_000); n++) sizes.push(Math.floor(most * part));
  }
  while (sizes.length < files) sizes.push(Math.min(most, Math.floor(SMALL ** (chance.int(1_000) / 1_000)) - 1));
  sizes.length = files;
  for (let at = files - 1; at > 0; at--) {
    const other = chance.int(at + 1);
    [sizes[at], sizes[other]] = [sizes[other], sizes[at]];
  }
  return sizes;
}

/**
 * Writes the files.
 *
 * @param root The folder; it has to be there.
 * @param sizes Their sizes.
 */
export async function makeFileSet(root: string, sizes: readonly number[]): Promise<FileSet> {
  const digests = new Map<string, string>();
  for (const [at, size] of sizes.entries()) {
    const isText = at % TEXT_EVERY === 0;
    const name = `${String(at).padStart(5, "0")}.${isText ? "txt" : "bin"}`;
    const body = isText ? text(size, at) : noise(size);
    await Deno.writeFile(`${root}/${name}`, body);
    digests.set(name, await sha256(body));
  }
  return { root, digests, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Lines that no other file has, so that a body of another file is a wrong one, and that compress well. */
function text(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const chance = new Seeded(seed);
  const lines: string[] = [];
  for (let length = 0; length < size; length += lines[lines.length - 1].length) {
    lines.push(`${seed} ${lines.length} ${"so far so good ".repeat(chance.int(8))}\n`);
  }
  return new TextEncoder().encode(lines.join("")).subarray(0, size);
}

function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const step = 65_536; // as much as getRandomValues fills in one go
  for (let from = 0; from < size; from += step) crypto.getRandomValues(bytes.subarray(from, from + step));
  return bytes;
}

async function sha256(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
}

/** What came of downloading files. */
export interface Verdict {
  /** Files that are there, with the right bytes. */
  right: number;
  /** The names of those that are there with other bytes, and of files that nobody asked for. */
  wrong: string[];
  /** The names of those that aren't there. */
  missing: string[];
}

/**
 * Compares a folder with the files.
 *
 * @param folder Where they were downloaded to. Hidden files are not looked at; it need not be there.
 * @param files What should be in it.
 */
export async function compareFiles(folder: string, { digests }: FileSet): Promise<Verdict> {
  const verdict: Verdict = { right: 0, wrong: [], missing: [] };
  const there = new Set(await namesIn(folder));
  for (const [name, digest] of digests) {
    if (!there.delete(name)) verdict.missing.push(name);
    else if (await sha256(await Deno.readFile(`${folder}/${name}`)) === digest) verdict.right++;
    else verdict.wrong.push(name);
  }
  verdict.wrong.push(...there);
  return verdict;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).filter((name) =>
      !name.startsWith(".")
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return []; // a run that failed at once has made none
    throw error;
  }
}
