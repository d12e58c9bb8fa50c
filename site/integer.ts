/**
 * Integers of any size, as text: a page's name and its content.
 *
 * @module
 */

import type { Problem } from "./errors.ts";

/** How an integer may be written. */
export const INTEGER = /^([+-]?)0*(\d+)$/;

/**
 * Reads an integer.
 *
 * @param text What stood in the path.
 * @returns The integer in its shortest form, as text, so that it is exact at any size; undefined if it is none.
 */
export function readInteger(text: string): string | undefined {
  const [, sign, digits] = INTEGER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
}

/** What FastAPI says to a path that holds none; `input` is what it holds. */
export const NOT_AN_INTEGER: Omit<Problem, "input"> = {
  type: "int_parsing",
  loc: ["path", "n"],
  msg: "Input should be a valid integer, unable to parse string as an integer",
};
