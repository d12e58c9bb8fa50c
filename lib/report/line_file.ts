/**
 * A file that lines are added to as a run goes on.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";

/**
 * Milliseconds that a line waits at most until it is written: to a file, so that it can be watched; to standard output, where
 * somebody may wait for it, only for those of the same turn.
 */
const [FLUSH_MS, FLUSH_OUT_MS] = [500, 0];

/** Characters that are gathered at most until they are written. */
const FLUSH_LENGTH = 65_536;

/** Mode of a file that only its owner may read and write. */
const OWNER_ONLY = 0o600;

/** Options of a {@linkcode LineFile}. */
export interface LineFileOptions {
  /**
   * Write beside the file, and replace it only by {@linkcode LineFile.end}: what is there stays until then, however the
   * process ends, and may be what is read meanwhile. Default: false.
   */
  atEnd?: boolean;
}

/** What is written to. */
interface Target extends Disposable {
  writeSync(bytes: Uint8Array): number;
  syncDataSync?(): void;
}

/**
 * Writes lines to a file; what was in it before is lost. Only its owner can read it, since URLs may be secrets. `-` is
 * standard output.
 */
export class LineFile implements Disposable {
  readonly #name: string;
  /** Where it is, without symbolic links. */
  readonly #path: string;
  /** What is written to until the end, if not the file itself. */
  readonly #beside: string | undefined;
  readonly #target: Target;
  readonly #encoder = new TextEncoder();
  #text = "";
  #failure: unknown;
  #isReplaced = false;
  #hasEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Opens the file.
   *
   * @param path Where it is, or `-`.
   * @param options Whether what is there stays until the end.
   * @throws {CannotWriteError} If it can't be written.
   */
  constructor(path: string, { atEnd = false }: LineFileOptions = {}) {
    this.#name = path === "-" ? "to standard output" : path;
    const { real, isReplaceable } = path === "-" ? { real: path, isReplaceable: false } : look(path);
    this.#path = real;
    this.#beside = atEnd && isReplaceable ? `${real}.new` : undefined;
    this.#target = path === "-"
      ? STDOUT
      : this.#try(() => this.#beside === undefined ? open(real) : openBeside(this.#beside));
  }

  /**
   * Adds a line.
   *
   * @param line Without its end.
   * @throws {CannotWriteError} If it can't be written.
   */
  add(line: string): void {
    if (this.#failure) throw this.#failure;
    this.#text += `${line}\n`;
    if (this.#text.length >= FLUSH_LENGTH) this.#flush();
    else this.#timer ??= setTimeout(this.#flushLater, this.#target === STDOUT ? FLUSH_OUT_MS : FLUSH_MS);
  }

  /**
   * Writes the last lines, and puts them in place of what was there.
   *
   * @throws {CannotWriteError} If that can't be done; what was there is still there then, if it was to stay until the end.
   */
  end(): void {
    if (this.#hasEnded) return;
    const beside = this.#beside;
    try {
      if (this.#failure) throw this.#failure;
      this.#flush();
      if (beside === undefined) return;
      // What it replaces may be the only list there is: this one must be on the disk before
      this.#try(() => this.#target.syncDataSync?.());
      this.#try(() => Deno.renameSync(beside, this.#path));
      this.#isReplaced = true;
    } finally {
      this.#close();
    }
  }

  /**
   * Closes the file: with its last lines, or, if it was to replace what is there and hasn't, without having done so.
   *
   * @throws {CannotWriteError} If the last lines can't be written.
   */
  [Symbol.dispose](): void {
    if (this.#beside === undefined) this.end();
    else this.#close();
  }

  #close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    if (this.#beside !== undefined && !this.#isReplaced) Deno.removeSync(this.#beside);
    this.#target[Symbol.dispose]();
  }

  /** Nobody would catch what a timer throws, so that waits for the next line. */
  readonly #flushLater = (): void => {
    try {
      this.#flush();
    } catch {
      // Kept for the next line
    }
  };

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = this.#encoder.encode(this.#text);
    this.#text = "";
    try {
      this.#try(() => {
        for (let written = 0; written < bytes.length;) written += this.#target.writeSync(bytes.subarray(written));
      });
    } catch (error) {
      this.#failure = error; // what follows would have a hole before it
      throw error;
    }
  }

  #try<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      throw new CannotWriteError(`cannot write ${this.#name}`, { cause });
    }
  }
}

const STDOUT: Target = { writeSync: (bytes) => Deno.stdout.writeSync(bytes), [Symbol.dispose]() {} };

/** Where a path leads, and whether another file can take its place: not that of a terminal, a pipe or /dev/null. */
function look(path: string): { real: string; isReplaceable: boolean } {
  try {
    return { real: Deno.realPathSync(path), isReplaceable: Deno.statSync(path).isFile };
  } catch {
    return { real: path, isReplaceable: true }; // nothing is there yet; if it is something else, opening it says so
  }
}

function open(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: OWNER_ONLY });
  return closedIfThrown(file, () => {
    // One that was there already keeps its mode; what isn't a file, say a terminal or /dev/null, is left as it is
    if (file.statSync().isFile) makePrivate(path);
  });
}

/** Opens a file that another is to be replaced by. One is there if a run was killed, or if another run is writing it. */
function openBeside(path: string): Deno.FsFile {
  if (isLink(path)) Deno.removeSync(path); // no run has made that
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: OWNER_ONLY });
  return closedIfThrown(file, () => {
    // Locked by the operating system, which ends with the process; by its number, since the other run may just have ended
    if (!file.tryLockSync(true) || Deno.statSync(path).ino !== file.statSync().ino) {
      throw new Error("another run is writing it; wait for that, or name another file");
    }
    file.truncateSync(0);
    makePrivate(path);
  });
}

function closedIfThrown(file: Deno.FsFile, prepare: () => void): Deno.FsFile {
  try {
    prepare();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function makePrivate(path: string): void {
  if (Deno.build.os !== "windows") Deno.chmodSync(path, OWNER_ONLY);
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false; // opening it says what is wrong, if anything is
  }
}
