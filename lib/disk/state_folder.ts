/**
 * The folders within an output folder for everything that isn't whole, and who may use them now.
 *
 * A run has `.download-stuff/`, and locks the output folder for itself alone. Machines of one run lock it together: each has
 * a state folder of its own, `.download-stuff/`, `.download-stuff-2/` and so on, with its own journal, temporary and
 * unfinished files, so that none clears away or writes what is another's. What a machine leaves is used by the next one.
 *
 * All locks are the operating system's: they end with the process, also by kill -9.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";

/** The folder within the output folder for everything that isn't whole. */
export const STATE_FOLDER = ".download-stuff";

/** What a run leaves in a state folder. */
const OURS = /^(?:lock|machine-lock|journal|bucket)$|\.(?:tmp|part|json|shard|upload)$/;

/** Machines that may share an output folder. */
const MOST_MACHINES = 1_000;

/** Bytes that are read of what identifies a run. */
const MOST_ID = 1_024;

/** Tries to lock a folder together with others, and milliseconds between them: a machine that begins has it alone first. */
const [MOST_TRIES, TRY_AGAIN_MS] = [20, 10];

/** What to wait for where only time is to pass. */
const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4));

/** The state folder that a run or a machine has for itself, as long as it isn't disposed of. */
export interface HeldState extends Disposable {
  /** Its name within the output folder. */
  readonly name: string;
}

/** The name of a state folder: the first, the second, and so on. */
function nameOf(nth: number): string {
  return nth === 1 ? STATE_FOLDER : `${STATE_FOLDER}-${nth}`;
}

/** Whether a name within an output folder is that of a state folder. */
export function isStateFolder(name: string): boolean {
  return name.startsWith(STATE_FOLDER) && /^(?:-\d+)?$/.test(name.slice(STATE_FOLDER.length));
}

/**
 * Finds the state folders that an output folder has: machines take the first that is free, so there are no gaps.
 *
 * @param folder The output folder.
 * @returns Their names; that of the first in any case.
 * @throws {CannotWriteError} If one isn't a folder, or has something in it that no run has put there.
 */
export function stateFolders(folder: string): string[] {
  lookAt(`${folder}/${STATE_FOLDER}`);
  const names = [STATE_FOLDER];
  for (let nth = 2; nth <= MOST_MACHINES && lookAt(`${folder}/${nameOf(nth)}`); nth++) names.push(nameOf(nth));
  return names;
}

/**
 * Locks an output folder for one run alone, and creates it if it isn't there.
 *
 * @param folder The output folder.
 * @returns The state folder.
 * @throws {CannotWriteError} If it can't be written, or another run has it, or a machine of one.
 */
export function lockAlone(folder: string): HeldState {
  lookAt(`${folder}/${STATE_FOLDER}`);
  const file = openLock(folder, STATE_FOLDER, "lock");
  if (!file.tryLockSync(true)) throw inUse(folder, file);
  return { name: STATE_FOLDER, [Symbol.dispose]: () => file.close() };
}

/**
 * Locks an output folder for a run that machines share, and a state folder for this machine alone.
 *
 * @param folder The output folder.
 * @param run Tells the run from all others: two at once might choose the same name for different files.
 * @returns The state folder.
 * @throws {CannotWriteError} If it can't be written, or another run has it.
 */
export function lockShared(folder: string, run: string): HeldState {
  lookAt(`${folder}/${STATE_FOLDER}`);
  const shared = openLock(folder, STATE_FOLDER, "lock");
  try {
    for (let tries = 1; !lockTogether(shared, run); tries++) {
      if (tries === MOST_TRIES) throw inUse(folder);
      Atomics.wait(NEVER_WOKEN, 0, 0, TRY_AGAIN_MS);
    }
    if (read(shared) !== run) throw inUse(folder);
    const { name, file } = lockFree(folder);
    return {
      name,
      [Symbol.dispose]() {
        file.close();
        shared.close();
      },
    };
  } catch (cause) {
    shared.close();
    if (cause instanceof CannotWriteError) throw cause;
    throw new CannotWriteError(`cannot lock the folder ${folder}`, { cause });
  }
}

/** Locks a file together with others. Who is alone says which run it is; others may come before the second lock. */
function lockTogether(file: Deno.FsFile, run: string): boolean {
  if (file.tryLockSync(true)) {
    write(file, run);
    file.unlockSync();
  }
  return file.tryLockSync(false);
}

/** Locks the first state folder that no machine has. */
function lockFree(folder: string): { name: string; file: Deno.FsFile } {
  for (let nth = 1; nth <= MOST_MACHINES; nth++) {
    const name = nameOf(nth);
    lookAt(`${folder}/${name}`);
    const file = openLock(folder, name, "machine-lock");
    if (file.tryLockSync(true)) return { name, file };
    file.close();
  }
  throw new CannotWriteError(`${MOST_MACHINES} machines are saving to ${folder} already; use another folder`);
}

function inUse(folder: string, file?: Deno.FsFile): CannotWriteError {
  file?.close();
  return new CannotWriteError(`another run is saving to ${folder}; wait for it, or use another folder`);
}

function openLock(folder: string, state: string, name: "lock" | "machine-lock"): Deno.FsFile {
  try {
    Deno.mkdirSync(`${folder}/${state}`, { recursive: true });
    return Deno.openSync(`${folder}/${state}/${name}`, { read: true, write: true, create: true });
  } catch (cause) {
    throw new CannotWriteError(`cannot write to the folder ${folder}`, { cause });
  }
}

function write(file: Deno.FsFile, text: string): void {
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function read(file: Deno.FsFile): string {
  file.seekSync(0, Deno.SeekMode.Start);
  const bytes = new Uint8Array(MOST_ID);
  let end = 0;
  for (let count; end < MOST_ID && (count = file.readSync(bytes.subarray(end))) !== null;) end += count;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** Removes the temporary files of a state folder: nobody may be writing them. */
export function clearTemporary(state: string): void {
  for (const { name } of lookAt(state) ?? []) if (name.endsWith(".tmp")) Deno.removeSync(`${state}/${name}`);
}

/**
 * Looks at a state folder. A link in it would lead what is written to elsewhere.
 *
 * @returns What is in it; undefined if it isn't there.
 */
function lookAt(state: string): Deno.DirEntry[] | undefined {
  const refuse = (path: string, { isSymlink }: { isSymlink: boolean }) => {
    const what = isSymlink ? "is a symbolic link, which is not followed" : "is not what a run has put there";
    throw new CannotWriteError(`cannot use ${path}: it ${what}; remove it, or use another folder`);
  };
  try {
    const found = Deno.lstatSync(state);
    if (!found.isDirectory) refuse(state, found);
    const entries = [...Deno.readDirSync(state)];
    for (const entry of entries) if (!entry.isFile && OURS.test(entry.name)) refuse(`${state}/${entry.name}`, entry);
    return entries;
  } catch (cause) {
    // A folder that isn't there is created later, and what can't hold one is reported then
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    if (cause instanceof CannotWriteError) throw cause;
    throw new CannotWriteError(`cannot use the folder ${state}`, { cause });
  }
}
