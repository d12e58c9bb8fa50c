/**
 * Modules whose packages most runs don't need: they are downloaded and loaded when they are used, and not when a script
 * starts. That takes a specifier which isn't written down as a string.
 *
 * @module
 */

import { CommandError } from "./errors.ts";

/**
 * Loads a module.
 *
 * @param url Where it is, as `import.meta.resolve()` says.
 * @param what What it is for, for the message when its packages can't be had.
 * @returns The module.
 * @throws {CommandError} If its packages can't be had.
 */
export async function lazy<T>(url: string, what: string): Promise<T> {
  try {
    return await import(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${what} takes packages that could not be loaded: ${why}`, { cause });
  }
}
