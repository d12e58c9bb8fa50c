/**
 * The output folder of a fuzzer, and what must hold for it at any moment.
 *
 * @module
 */

import type { LyingServer } from "./lying_server.ts";

/** Something that must never be: a file that isn't whole, or somebody else's that is gone. */
export class Broken extends Error {
  /** `Broken`. */
  override readonly name = "Broken";
}

/**
 * Looks at every file that has its final name.
 *
 * @param folder The output folder.
 * @param server What they were downloaded from.
 * @param options `strangers`: files of somebody else that must be as they were, by their names; default: none. `once`:
 * whether no two may be of the same file; default: false.
 * @returns How many files there are.
 * @throws {Broken} If one is no whole version of any file, or of one that has another file too, or a stranger's has changed.
 */
export function checkFiles(
  folder: string,
  server: LyingServer,
  { strangers = new Map(), once = false }: { strangers?: ReadonlyMap<string, string>; once?: boolean } = {},
): number {
  const seen = new Map<number, string>();
  for (const { name, isFile } of list(folder)) {
    if (!isFile || strangers.has(name)) continue;
    const i = server.fileOf(Deno.readFileSync(`${folder}/${name}`));
    if (i === undefined) throw new Broken(`${folder}/${name} is no whole version of anything`);
    const other = seen.get(i);
    if (once && other !== undefined) throw new Broken(`${folder} has file ${i} twice: as ${other} and as ${name}`);
    seen.set(i, name);
  }
  for (const [name, text] of strangers) {
    const now = Deno.readTextFileSync(`${folder}/${name}`);
    if (now !== text) throw new Broken(`${folder}/${name} was somebody else's, and has been replaced`);
  }
  return seen.size;
}

/** What is in a folder, which may not be there yet. */
function list(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
