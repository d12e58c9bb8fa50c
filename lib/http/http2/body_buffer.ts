/**
 * What has come of a body and wasn't read yet, in one piece of memory: a server that sends a byte a frame can't make it many
 * objects, and a body that is read as a whole needs no further copy.
 *
 * @module
 */

const NONE = new Uint8Array();

/** Bytes that memory for more than one frame has at least. */
const LEAST_BYTES = 1_024;

/** Bytes in, bytes out, in order. */
export class BodyBuffer {
  #bytes: Uint8Array<ArrayBuffer> = NONE;
  #start = 0;
  #end = 0;

  /** Bytes that weren't read yet. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Copies bytes in. */
  add(data: Uint8Array): void {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#end === 0 && data.length > this.#bytes.length) {
      this.#bytes = data.slice(); // most bodies are this frame
      this.#end = data.length;
      return;
    }
    if (this.#end + data.length > this.#bytes.length) this.#makeRoom(data.length);
    this.#bytes.set(data, this.#end);
    this.#end += data.length;
  }

  /** Copies bytes out, into a view from an offset on; says how many. */
  read(view: Uint8Array, from: number): number {
    const size = Math.min(this.length, view.length - from);
    if (size === 0) return 0;
    view.set(this.#bytes.subarray(this.#start, this.#start + size), from);
    this.#start += size;
    return size;
  }

  /** Gives all bytes away, with their memory. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(this.#start, this.#end);
    this.clear();
    return taken;
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#bytes = NONE;
    this.#start = this.#end = 0;
  }

  #makeRoom(more: number): void {
    const length = this.length;
    // Moved only when at least as much was read as is moved, so that no byte is moved more than once for each byte read
    if (this.#start >= length && length + more <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = new Uint8Array(Math.max(LEAST_BYTES, length + more, 2 * length));
      larger.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = larger;
    }
    this.#start = 0;
    this.#end = length;
  }
}
