/**
 * Bodies as pieces that come one after another, whoever makes them: this site, or the server behind it.
 *
 * @module
 */

/** A body, piece by piece. */
export type Pieces = Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Bytes made and held at once. */
const PIECE = 65_536;

/**
 * A body that is made as it is sent.
 *
 * @param part Makes a part of it: `length` bytes from `start` on.
 * @param length Its length in bytes.
 */
export function* inPieces(
  part: (start: number, length: number) => Uint8Array<ArrayBuffer>,
  length: number,
): Generator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < length; start += PIECE) yield part(start, Math.min(PIECE, length - start));
}

/**
 * Streams pieces, each taken when the client has taken the one before.
 *
 * @param pieces The body; an error in it breaks the answer off.
 * @param onCancel Called when the client leaves. Default: the next piece isn't taken.
 */
export function streamOf(pieces: Pieces, onCancel?: () => void): ReadableStream<Uint8Array> {
  const all = iterate(pieces);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await all.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      onCancel?.();
      await all.return(undefined);
    },
  }, { highWaterMark: 0 });
}

/** Some pieces, then others. */
export async function* joined(...bodies: Pieces[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const pieces of bodies) yield* iterate(pieces);
}

/** The first bytes of a body. */
export async function* firstBytes(pieces: Pieces, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = length;
  if (left <= 0) return;
  for await (const piece of pieces) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** A body in which one bit is wrong, counted from its beginning. */
export async function* withBitFlipped(pieces: Pieces, bit: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let at = bit >> 3;
  for await (const piece of pieces) {
    if (at >= 0 && at < piece.length) piece[at] ^= 1 << (bit & 7);
    at -= piece.length;
    yield piece;
  }
}

async function* iterate(pieces: Pieces): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of pieces) if (piece.length > 0) yield piece;
}
