/**
 * A line for every request, as JSON, written in large pieces.
 *
 * @module
 */

/** What the log has of a request. */
export interface AccessLogEntry {
  /** When it came in, as an ISO 8601 date. */
  time: string;
  /** The client's address. */
  address: string;
  /** The client's port. */
  port: number;
  /** The method. */
  method: string;
  /** What was asked for, without the host. */
  path: string;
  /** The status it was answered with; absent where a fault left none. */
  status?: number;
  /** The fault that broke it. */
  fault?: string;
  /** Milliseconds until the answer began. */
  ms: number;
}

/** Characters gathered before they are written, and the longest that they wait for it. */
const BUFFER = 65_536;
const FLUSH_MS = 250;

/** Writes the log. */
export class AccessLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #timer: ReturnType<typeof setInterval>;
  #buffer = "";
  #broken = false;

  /**
   * Opens the log.
   *
   * @param path The file to append to; it is created if missing.
   */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { append: true, create: true });
    this.#timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  /** Adds a request. */
  note(entry: AccessLogEntry): void {
    if (this.#broken) return;
    this.#buffer += `${JSON.stringify(entry)}\n`;
    if (this.#buffer.length > BUFFER) this.flush();
  }

  /** Writes what has gathered. A log that can't be written is given up with a message; the site goes on. */
  flush(): void {
    const bytes = new TextEncoder().encode(this.#buffer);
    this.#buffer = "";
    try {
      for (let written = 0; written < bytes.byteLength;) written += this.#file.writeSync(bytes.subarray(written));
    } catch (error) {
      console.error(
        `server: can't write the access log, it ends here: ${error instanceof Error ? error.message : error}`,
      );
      this.#broken = true;
    }
  }

  /** Writes what has gathered and closes the file. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.flush();
    this.#file.close();
  }
}
