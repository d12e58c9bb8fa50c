/**
 * How many squares fit beside and below each other.
 *
 * @module
 */

/** How squares are laid out; lengths are pixels. */
export interface Squares {
  /** The side of a square, the gap to the next one included. */
  side: number;
  /** The gap. */
  gap: number;
  /** Squares in a row. */
  columns: number;
  /** Rows. */
  rows: number;
}

/** The least side: a page that failed must still be seen. */
const LEAST_SIDE = 2;

/** The least side of which a pixel can be spared for a gap. */
const GAP_FROM = 3;

/**
 * Lays out squares of whole pixels.
 *
 * @param count How many there are.
 * @param room The width that they may take, and the height that they should take.
 * @returns They are never wider than the room, and about as high.
 */
export function squares(count: number, { width, height }: { width: number; height: number }): Squares {
  const side = Math.max(LEAST_SIDE, Math.round(Math.sqrt(width * height / count)));
  const columns = Math.max(1, Math.floor(width / side));
  return { side, gap: side < GAP_FROM ? 0 : 1, columns, rows: Math.ceil(count / columns) };
}
