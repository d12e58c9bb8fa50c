/**
 * How many file descriptors this process may have: a connection takes one, and so does an open file.
 *
 * @module
 */

/** What macOS lets a process have, whatever `ulimit` says (OPEN_MAX); Deno raises its own limit as far as that. */
const MACOS_LIMIT = 10_240;

let known: number | undefined;

/** Where a process may have how many files open, and how to find out. */
export interface LimitedSystem {
  /** The operating system, as `Deno.build.os`. */
  os: typeof Deno.build.os;
  /** Reads the limits that Linux has for this process. */
  read: () => number;
}

/**
 * The limit of a system. Windows has none that a run would meet: a handle is not a small number there.
 *
 * @param system The system.
 */
export function limitOf({ os, read }: LimitedSystem): number {
  return os === "linux" ? read() : os === "darwin" ? MACOS_LIMIT : Infinity;
}

/**
 * The limit, which is read once.
 *
 * @returns `Infinity` where there is none, or where it can't be read: Linux shows it only to a process that may read all.
 */
export function openFilesLimit(): number {
  return known ??= limitOf({ os: Deno.build.os, read: readLimit });
}

/** Deno has raised the soft limit to the hard one already, as it does at its start. */
function readLimit(): number {
  // Asked first, because reading without the permission would have a terminal ask somebody
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return Infinity;
  try {
    return parseLimit(Deno.readTextFileSync("/proc/self/limits"));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) return Infinity;
    throw error;
  }
}

/** Finds the soft limit in `/proc/self/limits` (proc_pid_limits(5)). */
export function parseLimit(limits: string): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
