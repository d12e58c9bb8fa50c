/**
 * Frames that are to be sent, gathered in one piece of memory so that many go out in one write (RFC 9113 §4.1).
 *
 * @module
 */

/** Types of frames (RFC 9113 §6). */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags of frames (RFC 9113 §6). */
export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

/** Bytes of the header of each frame. */
export const FRAME_HEADER_BYTES = 9;

const FIRST_BYTES = 4_096;

/** Bytes above which memory isn't kept for the next frames. */
const KEPT_BYTES = 2 ** 18;

/** Frames that wait to be sent. */
export class FrameBuffer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Writes a byte. */
  byte(value: number): void {
    this.#need(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes four bytes, the highest first. */
  uint32(value: number): void {
    this.#need(4);
    this.#bytes[this.#length++] = value >>> 24;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  /** Writes text, a byte for each character. */
  text(text: string): void {
    this.#need(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  /** Writes bytes. */
  bytes(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Begins a frame whose payload is written next.
   *
   * @returns Where it begins, for {@linkcode end}.
   */
  begin(type: number, flags: number, stream: number): number {
    const at = this.#length;
    this.#need(FRAME_HEADER_BYTES);
    this.#length += 3;
    this.byte(type);
    this.byte(flags);
    this.uint32(stream);
    return at;
  }

  /** Ends a frame, and notes how long it has become. */
  end(at: number): void {
    const length = this.#length - at - FRAME_HEADER_BYTES;
    this.#bytes[at] = length >>> 16;
    this.#bytes[at + 1] = length >>> 8;
    this.#bytes[at + 2] = length;
  }

  /**
   * Splits a frame of headers that is longer than the other side takes into CONTINUATION frames (RFC 9113 §6.10).
   *
   * @param at Where the frame begins. It has been ended.
   * @param most Bytes of payload that a frame may have.
   */
  split(at: number, most: number): void {
    const block = this.#bytes.slice(at + FRAME_HEADER_BYTES, this.#length);
    if (block.length <= most) return;
    const stream = this.#bytes.slice(at + 5, at + FRAME_HEADER_BYTES);
    const flags = this.#bytes[at + 4];
    this.#length = at;
    for (let from = 0; from < block.length; from += most) {
      const piece = block.subarray(from, from + most);
      const isLast = from + most >= block.length;
      const start = this.#length;
      this.#need(FRAME_HEADER_BYTES + piece.length);
      this.#length += 3;
      this.byte(from === 0 ? FRAME.HEADERS : FRAME.CONTINUATION);
      this.byte((from === 0 ? flags & ~FLAG.END_HEADERS : 0) | (isLast ? FLAG.END_HEADERS : 0));
      this.bytes(stream);
      this.bytes(piece);
      this.end(start);
    }
  }

  /** Takes all frames; they stay what they are until the next but one are taken. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    const next = this.#spare;
    this.#spare = this.#bytes.length <= KEPT_BYTES ? this.#bytes : undefined;
    this.#bytes = next ?? new Uint8Array(FIRST_BYTES);
    this.#length = 0;
    return taken;
  }

  #need(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
