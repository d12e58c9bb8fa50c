/**
 * Modules whose packages most runs don't need: they are downloaded and loaded when they are used, and not when a script
 * starts. That takes a specifier which isn't written down as a string.
 *
 * @module
 */

import { CommandError } from "./command_error.ts";

/**
 * Loads what notes when requests begin and end.
 *
 * @returns The module `timeline.ts`.
 * @throws {CommandError} If its packages can't be had.
 */
export function loadTimeline(): Promise<typeof import("../metrics/timeline.ts")> {
  return load("../metrics/timeline.ts", "noting when requests begin and end");
}

/**
 * Loads what makes a web page of results.
 *
 * @returns The module `html_report.ts`.
 * @throws {CommandError} If its packages can't be had.
 */
export function loadHtmlReport(): Promise<typeof import("../report/html_report.ts")> {
  return load("../report/html_report.ts", "drawing a report");
}

async function load<T>(module: string, what: string): Promise<T> {
  try {
    return await import(import.meta.resolve(module));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${what} takes packages that could not be loaded: ${why}`, { cause });
  }
}
