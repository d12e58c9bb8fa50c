/**
 * Sends frames: those of all requests of one turn in one write.
 *
 * @module
 */

import { FRAME, FrameBuffer } from "./frame_buffer.ts";

/** Bytes that may wait to be sent while the server doesn't read: beyond that no request is added, and no answer to a PING. */
const MAX_UNSENT_BYTES = 2 ** 20;

/** Whom a writer tells. */
export interface FrameWriterOptions {
  /** Called when a write fails. */
  onError: (error: unknown) => void;
  /** Called when it isn't full any more. */
  onRoom: () => void;
}

/** Frames on their way out of a connection. */
export class FrameWriter {
  /** Where frames are written to, to be sent by the next {@linkcode send}. */
  readonly out: FrameBuffer = new FrameBuffer();
  readonly #conn: Deno.Conn;
  readonly #options: FrameWriterOptions;
  #isFlushing = false;
  #isWriting = false;
  #isClosed = false;

  /** Sends nothing yet. */
  constructor(conn: Deno.Conn, options: FrameWriterOptions) {
    this.#conn = conn;
    this.#options = options;
  }

  /** Whether the server doesn't read, so that nothing more should be written. */
  get isFull(): boolean {
    return this.#isWriting && this.out.length > MAX_UNSENT_BYTES;
  }

  /** Sends what was written by the end of this turn, in one write. */
  send(): void {
    if (this.#isFlushing || this.#isClosed) return;
    this.#isFlushing = true;
    queueMicrotask(this.#flush);
  }

  /** Writes a frame whose payload is a number. */
  number(type: number, stream: number, value: number): void {
    const at = this.out.begin(type, 0, stream);
    this.out.uint32(value);
    this.out.end(at);
    this.send();
  }

  /** Sends a GOAWAY without waiting for it: a server that doesn't read would hold it up. Nothing is sent after it. */
  goAway(code: number): void {
    const at = this.out.begin(FRAME.GOAWAY, 0, 0);
    this.out.uint32(0);
    this.out.uint32(code);
    this.out.end(at);
    if (!this.#isWriting && !this.#isClosed) this.#conn.write(this.out.take()).catch(() => {}); // it is closed anyway
    this.stop();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isClosed = true;
  }

  readonly #flush = async (): Promise<void> => {
    try {
      while (this.out.length > 0 && !this.#isClosed) {
        const wasFull = this.isFull;
        const bytes = this.out.take();
        this.#isWriting = true;
        if (wasFull) this.#options.onRoom();
        for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
      }
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#isFlushing = this.#isWriting = false;
    }
  };
}
