/**
 * The folder within an output folder that has what isn't whole, and the journal: that it is ours, and this run's alone.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";

/** The folder within the output folder for everything that isn't whole. */
export const STATE_FOLDER = ".download-stuff";

/** What a run leaves in its state folder. */
const OURS = /^(?:lock|journal|bucket)$|\.(?:tmp|part|json|upload)$/;

/**
 * Looks at the state folder, if it is there. A link in it would lead what is written to elsewhere.
 *
 * @returns The names in it.
 */
export function lookAt(state: string): string[] {
  const refuse = (path: string, { isSymlink }: { isSymlink: boolean }) => {
    const what = isSymlink ? "is a symbolic link, which is not followed" : "is not what a run has put there";
    throw new CannotWriteError(`cannot use ${path}: it ${what}; remove it, or use another folder`);
  };
  try {
    const found = Deno.lstatSync(state);
    if (!found.isDirectory) refuse(state, found);
    const entries = [...Deno.readDirSync(state)];
    for (const entry of entries) if (!entry.isFile && OURS.test(entry.name)) refuse(`${state}/${entry.name}`, entry);
    return entries.map(({ name }) => name);
  } catch (cause) {
    // A folder that isn't there is created later, and what can't hold one is reported then
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return [];
    if (cause instanceof CannotWriteError) throw cause;
    throw new CannotWriteError(`cannot use the folder ${state}`, { cause });
  }
}

/** Creates a folder if it isn't there, and locks it by the operating system: that ends with the process, also by kill -9. */
export function lock(path: string): Deno.FsFile {
  let file: Deno.FsFile;
  try {
    Deno.mkdirSync(`${path}/${STATE_FOLDER}`, { recursive: true });
    file = Deno.openSync(`${path}/${STATE_FOLDER}/lock`, { read: true, write: true, create: true });
  } catch (cause) {
    throw new CannotWriteError(`cannot write to the folder ${path}`, { cause });
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new CannotWriteError(`another run is saving to ${path}; wait for it, or use another folder`);
}
