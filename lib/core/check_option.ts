/**
 * Whether an option is a number within its bounds.
 *
 * @module
 */

/**
 * Checks an option.
 *
 * @param name Its name.
 * @param value What it is.
 * @param bounds The least and the most that it may be (default: no most), and whether it must be whole (default: false).
 * @throws {RangeError} If it isn't; names the option, the value and the bound.
 */
export function check(name: string, value: number, bounds: { min: number; max?: number; whole?: boolean }): void {
  const { min, max = Infinity, whole = false } = bounds;
  const isNumber = typeof value === "number"; // JavaScript and JSON may say "5", which compares like 5 and adds up like text
  if (isNumber && value >= min && value <= max && (!whole || Number.isInteger(value))) return;
  const number = whole ? "a whole number" : "a number";
  const range = max === Infinity ? `of at least ${min}` : max === min ? `that is ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`Option ${name} takes ${number} ${range}: it is ${value}`);
}
