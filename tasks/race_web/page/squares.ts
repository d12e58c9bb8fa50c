/**
 * How many squares fit beside and below each other.
 *
 * @module
 */

/** How squares are laid out; lengths are pixels. */
export interface Squares {
  /** The side of a square, the gap to the next one included. */
  side: number;
  /** Squares in a row. */
  columns: number;
  /** Rows. */
  rows: number;
}

/** A square of two pixels and no gap between them would be a grey mass: one of them is the gap. */
const LEAST_SIDE = 2;

/**
 * Lays out squares as large as they can be, in whole pixels.
 *
 * @param count How many there are.
 * @param room The width that they may take, and the height that they should take.
 * @returns They are never wider than the room; if they don't fit, they are higher.
 */
export function squares(count: number, { width, height }: { width: number; height: number }): Squares {
  const side = Math.max(LEAST_SIDE, Math.floor(Math.sqrt(width * height / count)));
  const columns = Math.max(1, Math.floor(width / side));
  return { side, columns, rows: Math.ceil(count / columns) };
}
