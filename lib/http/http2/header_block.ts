/**
 * A block of headers that comes in several frames (RFC 9113 §6.10).
 *
 * @module
 */

import { CODE } from "./error.ts";
import { check } from "./payload.ts";
import { MAX_HEADER_BYTES } from "./response_head.ts";

/** A block that isn't whole yet. */
export class HeaderBlock {
  readonly #pieces: Uint8Array[];
  #bytes: number;

  /**
   * Begins with what is in the HEADERS frame.
   *
   * @param stream The number of its stream.
   * @param endsStream Whether nothing comes after it.
   * @param first The first piece, which is copied.
   */
  constructor(readonly stream: number, readonly endsStream: boolean, first: Uint8Array) {
    this.#pieces = [first.slice()];
    this.#bytes = first.length;
  }

  /**
   * Takes what is in a CONTINUATION frame.
   *
   * @throws {ConnectionError} If it gets too large: what can't be kept can't be decoded, and so ends the connection.
   */
  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    // The flood of CVE-2024-27316
    check(this.#bytes <= MAX_HEADER_BYTES, CODE.ENHANCE_YOUR_CALM, `headers of more than ${MAX_HEADER_BYTES} bytes`);
    this.#pieces.push(piece.slice());
  }

  /** All of it. */
  whole(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
