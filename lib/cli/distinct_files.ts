/**
 * The files that a command line names, of which no two may be one: the second would write over what the first reads or writes.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";

/** A file that a flag names. */
export interface NamedFile {
  /** The flag, as it is typed. */
  flag: string;
  /** Its value; undefined if it wasn't given. */
  path: string | undefined;
}

/**
 * Refuses a command line in which two flags name the same file, however it is spelt: also through links.
 *
 * @param files The files.
 * @param options The flags of which two may name the same file all the same.
 * @throws {UsageError} If two are the same.
 */
export function checkDistinct(files: readonly NamedFile[], { except }: { except: readonly string[] }): void {
  const named = files.flatMap(({ flag, path }) => path === undefined || path === "-" ? [] : [{ flag, path }]);
  for (const [i, { flag, path }] of named.entries()) {
    for (const other of named.slice(0, i)) {
      if (except.includes(flag) && except.includes(other.flag)) continue;
      if (!isSameFile(other.path, path)) continue;
      throw new UsageError(`${other.flag} and ${flag} name the same file, ${path}: each needs its own`);
    }
  }
}

/** Systems whose disks usually take names for one that differ in case, or in how their characters are composed. */
const FOLDING: readonly string[] = ["darwin", "windows"];

/**
 * Whether two paths lead to the same file.
 *
 * @param a One; it needn't be there.
 * @param b The other.
 * @param os The operating system, which says whether files that aren't there yet would be one. Default: this one.
 */
export function isSameFile(a: string, b: string, os: string = Deno.build.os): boolean {
  const keys = keysOf(a, os);
  return keysOf(b, os).some((key) => keys.includes(key));
}

/** What tells a file from others: its true path and, where the system numbers files, its number. None for /dev/null and pipes. */
function keysOf(path: string, os: string): string[] {
  let info;
  try {
    info = Deno.statSync(path);
  } catch {
    return [pathKey(path, os)]; // it isn't there yet, or can't be had, which whoever opens it says
  }
  if (!info.isFile) return [];
  return [pathKey(path, os), ...info.ino ? [`${info.dev}:${info.ino}`] : []];
}

function pathKey(path: string, os: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    try {
      // Not by node:path, which takes 20 ms to load
      const [, folder = ".", name = path] = /^(.*[\\/])?([^\\/]+)$/.exec(path) ?? [];
      return `${Deno.realPathSync(folder)}/${FOLDING.includes(os) ? name.normalize("NFC").toUpperCase() : name}`;
    } catch {
      return path;
    }
  }
}
