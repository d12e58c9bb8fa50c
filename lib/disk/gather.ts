/**
 * A body that comes in pieces, as a whole if it is small.
 *
 * @module
 */

/** What there is of a body: all of it, or what is still to be read, from its beginning on. */
export type Gathered =
  | { whole: Uint8Array<ArrayBuffer>; rest?: undefined }
  | { whole?: undefined; rest: AsyncIterable<Uint8Array> };

/**
 * Reads a body until it has ended, or is larger than it may be.
 *
 * @param body The body; its pieces may be used again for the next ones.
 * @param most Bytes that it may have at most to be kept in memory.
 * @returns The body.
 * @throws What reading it throws.
 */
export async function gather(body: AsyncIterable<Uint8Array>, most: number): Promise<Gathered> {
  const pieces = body[Symbol.asyncIterator]();
  const gathered: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  while (true) {
    const { done, value } = await pieces.next();
    if (done) return { whole: joined(gathered, bytes) };
    gathered.push(value.slice() as Uint8Array<ArrayBuffer>);
    bytes += value.length;
    if (bytes > most) return { rest: goingOn(gathered, pieces) };
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[], bytes: number): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function* goingOn(
  gathered: readonly Uint8Array[],
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* gathered;
    for (let next; !(next = await pieces.next()).done;) yield next.value;
  } finally {
    await pieces.return?.(); // also when whoever reads this leaves before its end
  }
}
