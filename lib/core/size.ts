/**
 * Sizes as people write them: `500KB`, `10MB`, `2GiB`; a plain number is bytes.
 *
 * @module
 */

/** By the thousand as disks are sold, as {@linkcode "./format_bytes.ts".formatBytes} writes them; with an `i` by 1,024. */
const SIZE = /^(\d+(?:\.\d+)?|\.\d+) ?(?:([kmgt]?)(i?)b)?$/i;

/**
 * Reads a size.
 *
 * @param text A decimal number with the unit `B`, `KB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB` or `TiB`, or with none.
 * @returns Bytes, zero or more.
 * @throws {RangeError} If the text isn't such a size.
 */
export function parseSize(text: string): number {
  const [, number, prefix = "", binary = ""] = SIZE.exec(text.trim()) ?? [];
  if (number === undefined || (binary !== "" && prefix === "")) {
    throw new RangeError("a size such as 500KB, 10MB or 2GiB (a plain number is bytes)");
  }
  return Math.floor(Number(number) * (binary ? 1_024 : 1_000) ** " kmgt".indexOf(prefix.toLowerCase() || " "));
}
