/**
 * A file that lines are added to as a run goes on.
 *
 * @module
 */

import { CannotWriteError } from "./cannot_write_error.ts";

/** Milliseconds that a line waits at most until it is written, so that the file can be watched. */
const FLUSH_MS = 500;

/** Characters that are gathered at most until they are written. */
const FLUSH_LENGTH = 65_536;

/** Mode of a file that only its owner may read and write. */
const OWNER_ONLY = 0o600;

/** What a {@linkcode LineFile} can be told. */
export interface LineFileOptions {
  /** Write beside the file, and replace it at the end: it may be what is read meanwhile. Default: false. */
  atEnd?: boolean;
}

/** Writes lines to a file; what was in it before is lost. Only its owner can read it, since URLs may be secrets. */
export class LineFile implements Disposable {
  readonly #path: string;
  readonly #writtenTo: string;
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  #text = "";
  #failure: unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Opens the file.
   *
   * @param path Where it is.
   * @param options Whether what is there stays until the end.
   * @throws {CannotWriteError} If it can't be written.
   */
  constructor(path: string, { atEnd = false }: LineFileOptions = {}) {
    this.#path = path;
    this.#writtenTo = atEnd ? `${path}.new` : path;
    this.#file = this.#try(() =>
      Deno.openSync(this.#writtenTo, { write: true, create: true, truncate: true, mode: OWNER_ONLY })
    );
    // One that was there already keeps its mode; what isn't a file, say a terminal or /dev/null, is left as it is
    if (Deno.build.os !== "windows" && this.#file.statSync().isFile) {
      this.#try(() => Deno.chmodSync(this.#writtenTo, OWNER_ONLY));
    }
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
    else this.#timer ??= setTimeout(this.#flushLater, FLUSH_MS);
  }

  /**
   * Writes the last lines and closes the file.
   *
   * @throws {CannotWriteError} If they can't be written.
   */
  [Symbol.dispose](): void {
    try {
      if (this.#failure) throw this.#failure;
      this.#flush();
    } finally {
      clearTimeout(this.#timer);
      this.#file.close();
    }
    if (this.#writtenTo !== this.#path) this.#try(() => Deno.renameSync(this.#writtenTo, this.#path));
  }

  /** Nobody would catch what a timer throws, so that waits for the next line. */
  readonly #flushLater = (): void => {
    try {
      this.#flush();
    } catch (error) {
      this.#failure = error;
    }
  };

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = this.#encoder.encode(this.#text);
    this.#text = "";
    this.#try(() => {
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
    });
  }

  #try<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      throw new CannotWriteError(`cannot write ${this.#path}`, { cause });
    }
  }
}
